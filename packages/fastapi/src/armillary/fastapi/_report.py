"""What the routes of a router run on, for `armillary.starlette.report()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from armillary.routing import RouteList

from ._activation import why_off

Line = tuple[str, str, str]
"""What it is, what it runs on, and why it falls back to that; "" if it does not."""

OWN = "FastAPI's own"


def report(router: Any = None) -> list[Line] | None:
    """Return what the routes of a router run on: a line for each of what it is, what it runs on, and why it falls back.

    `armillary.starlette.report()` calls it. What is not compiled yet is compiled for it.

    Args:
        router: FastAPI's; with None there is one line about FastAPI itself.

    Returns:
        The lines, or None for a router that this package does not serve.
    """
    off = why_off()
    if router is None:
        return [("import fastapi", f"{OWN} code", off) if off else ("import fastapi", "armillary-fastapi", "")]
    return [*_lines(router)] if not off and _is_served(router) else None


def _is_served(router: Any) -> bool:
    """Return whether the index finds the routes of a router."""
    from ._fastapi import routing
    from ._flat_routing import flat_app

    bound = getattr(router, "app", None)
    is_own = isinstance(router, routing.APIRouter) and getattr(bound, "__func__", None) is flat_app
    return is_own and isinstance(router.routes, RouteList)


def _lines(router: Any) -> Iterator[Line]:
    from ._flat_index import current_index
    from ._handler import why_kept
    from ._leaf import Leaf
    from ._route_handler import replaced_functions

    for name in replaced_functions():
        yield "requests ", f"{OWN} handlers", f"fastapi.routing.{name} was replaced"
    if getattr(router.dependency_overrides_provider, "dependency_overrides", None):
        yield "requests ", f"{OWN} handlers", "app.dependency_overrides holds something"
    for leaf in current_index(router, router.routes).leaves:
        if isinstance(leaf, Leaf):
            reason = why_kept(leaf.made().app)
            handler = f"{OWN} handler" if reason else "a compiled handler"
            yield f"{','.join(sorted(leaf.methods))} {leaf.path}", f"the index, {handler}", reason
        else:
            yield _asked(leaf)


def _asked(leaf: Any) -> Line:
    """Return the line of what FastAPI's loop asks."""
    route = leaf.top
    included = getattr(route, "include_context", None)
    kind, path = type(route).__name__, getattr(route, "path", "")
    if included is not None:
        kind, path = "included", included.prefix
    reason = "" if leaf.path_regex.pattern else "it decides by itself, and is asked for every path"
    return f"{kind} {path}", f"{OWN} loop", reason
