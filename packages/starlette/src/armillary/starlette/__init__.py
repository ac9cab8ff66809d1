"""Starlette's public API, served by Armillary.

The module tree is Starlette's: `armillary.starlette.routing`, `.responses`, `.middleware.cors`.
A program written for Starlette or FastAPI needs no change; start it in front of its own script:

    python -m armillary.starlette -m uvicorn app:app

or call `install()` before the first `import starlette`:

>>> import armillary.starlette
>>> armillary.starlette.install(force=True)  # also if the real one was imported before
>>> import starlette.routing
>>> starlette.routing is armillary.starlette.routing
True
>>> armillary.starlette.uninstall()

`__version__` is the version of Starlette that this package provides, since `starlette.__version__` is read
by programs that decide by it.
"""

from ._alias import install, uninstall

__version__ = "1.10.0"

__all__ = ["__version__", "install", "uninstall"]
