"""Starlette's public API, served by Asterism.

The module tree is Starlette's: `asterism.starlette.routing`, `.responses`, `.middleware.cors`.
A program written for Starlette or FastAPI needs no change; start it in front of its own script:

    python -m asterism.starlette -m uvicorn app:app

or call `install()` before the first `import starlette`:

>>> import asterism.starlette
>>> asterism.starlette.install()
>>> import starlette.routing
>>> starlette.routing is asterism.starlette.routing
True
>>> asterism.starlette.uninstall()

`__version__` is the version of Starlette this stands for, since `starlette.__version__` is read
by programs that decide by it.
"""

from ._alias import install, uninstall

__version__ = "1.10.0"

__all__ = ["__version__", "install", "uninstall"]
