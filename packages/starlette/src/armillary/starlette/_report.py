"""What of a program runs on which part, and why.

Accelerators say it themselves: an entry point of the group `armillary.starlette.reports`, named as the module it is
for, is called with a router, and returns a `ReportLine` (as a plain tuple) for each of its routes, or None if the
accelerator does not serve them; called with None, it returns the lines about the library itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple

from ._accelerators import ACCELERATED
from ._alias import ALIAS, TARGET, serving

GROUP: Final = "armillary.starlette.reports"
OWN_CODE: Final = "the program's own"


class ReportLine(NamedTuple):
    """One part of a program.

    Attributes:
        what: such as "GET /users/{id}", "middleware GZipMiddleware" or "import starlette".
        runs_on: the part that does its work.
        reason: why it falls back to that part; "" if it does not.
    """

    what: str
    runs_on: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.what:<40} {self.runs_on}{f': {self.reason}' if self.reason else ''}"


class ProgramReport(tuple[ReportLine, ...]):
    """The parts of a program; `str()` gives a line for each."""

    __slots__ = ()

    @property
    def fallbacks(self) -> list[ReportLine]:
        """The lines of what falls back."""
        return [line for line in self if line.reason]

    def __str__(self) -> str:
        return "\n".join(map(str, self))


def report(app: Any = None) -> ProgramReport:
    """Return what of a program runs on which part, and why something falls back."""
    return ProgramReport([_starlette(), *_libraries(), *(() if app is None else _application(app))])


def _starlette() -> ReportLine:
    found = sys.modules.get(ALIAS) or _importable(ALIAS)
    if found is sys.modules[TARGET]:
        return ReportLine("import starlette", serving())
    if found is None:
        return ReportLine("import starlette", "nothing", "it is neither installed nor served by install()")
    return ReportLine(
        "import starlette",
        f"the real Starlette, from {getattr(found, '__file__', None)}",
        f"{TARGET}.install() was not called before it was imported; start with python -m {TARGET}",
    )


def _importable(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def _libraries() -> Iterator[ReportLine]:
    """Yield a line for each library that is imported and that an accelerator is for."""
    for name in ACCELERATED:
        if name not in sys.modules:
            continue
        said = _said_by_accelerators(None, only=name)
        switch = f"ARMILLARY_{name.upper()}=0"
        if os.environ.get(switch[:-2]) == "0":
            yield ReportLine(f"import {name}", f"{name} itself", f"{switch} turns armillary-{name} off")
        elif said is None:
            yield ReportLine(f"import {name}", f"{name} itself", f"armillary-{name} is not installed")
        else:
            yield from said


def _application(app: Any) -> Iterator[ReportLine]:
    from .applications import Starlette

    name = f"{type(app).__module__}.{type(app).__qualname__}"
    if not isinstance(app, Starlette):
        yield ReportLine(f"application {name}", OWN_CODE, f"it is no Starlette of {TARGET}")
        return
    yield ReportLine(f"application {name}", TARGET)
    for middleware in app.user_middleware:
        cls: Any = middleware.cls
        part = TARGET if _is_ours(cls) else OWN_CODE
        yield ReportLine(f"middleware {getattr(cls, '__name__', repr(cls))}", part)
    yield from _routes(app.router, "")


def _routes(router: Any, prefix: str) -> Iterator[ReportLine]:
    from .applications import Starlette
    from .routing import Router

    said = _said_by_accelerators(router)
    for line in map(_route, router.routes) if said is None else said:
        kind, _, path = line.what.partition(" ")
        yield line._replace(what=f"{kind} {prefix}{path}".rstrip())
    for route in router.routes:
        below = getattr(route, "app", None)
        if isinstance(below, Starlette):
            below = below.router
        if isinstance(below, Router):
            yield from _routes(below, prefix + str(getattr(route, "path", getattr(route, "host", ""))))


def _said_by_accelerators(router: Any, only: str | None = None) -> list[ReportLine] | None:
    """Return what an accelerator says about a router, or about its library; None if none says anything."""
    from importlib.metadata import entry_points

    for entry_point in entry_points(group=GROUP):
        if entry_point.name in sys.modules and only in (None, entry_point.name):
            found: list[tuple[str, str, str]] | None = entry_point.load()(router)
            if found is not None:
                return [ReportLine(*line) for line in found]
    return None


def _route(route: Any) -> ReportLine:
    from armillary.routing import BaseRoute, Host, Mount, WebSocketRoute

    methods = ",".join(sorted(getattr(route, "methods", None) or ()))
    kinds = {Mount: "Mount", Host: "Host", WebSocketRoute: "WebSocket"}
    kind = methods or next((name for cls, name in kinds.items() if isinstance(route, cls)), type(route).__name__)
    what = f"{kind} {getattr(route, 'path', getattr(route, 'host', ''))}"
    if not isinstance(route, BaseRoute):
        return ReportLine(what, OWN_CODE, f"{type(route).__qualname__} is no route of {TARGET}, and is always asked")
    for name in ("matches", "handle"):
        if name in vars(route) or not _is_ours(getattr(type(route), name)):
            return ReportLine(what, OWN_CODE, f"{type(route).__qualname__} has a method {name} of its own")
    return ReportLine(what, "the index")


def _is_ours(found: Any) -> bool:
    """Return whether a class or function is one of these packages, under whichever name."""
    module = getattr(found, "__module__", None) or ""
    return module.startswith("armillary.") or (is_starlettes(module) and sys.modules.get(ALIAS) is sys.modules[TARGET])


def is_starlettes(module: str) -> bool:
    """Return whether a module is called as one of Starlette."""
    return module == ALIAS or module.startswith(f"{ALIAS}.")
