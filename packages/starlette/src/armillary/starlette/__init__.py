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

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._alias import install, uninstall

if TYPE_CHECKING:
    from ._report import ProgramReport

__version__ = "1.10.0"

__all__ = ["__version__", "install", "report", "uninstall"]


def report(app: Any = None) -> ProgramReport:
    """Return what of this program runs on which part, and what falls back and why.

    A route of FastAPI is compiled for it, if it was not yet.

    Args:
        app: the application, whose middleware and routes are reported too; None for the libraries alone.

    Returns:
        A tuple of `ReportLine` (`what`, `runs_on`, `reason`); `fallbacks` are those with a reason, and `str()` is one
        line for each.
    """
    from ._report import report as found

    return found(app)
