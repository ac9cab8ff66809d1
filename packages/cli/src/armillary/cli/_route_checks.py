"""Checks of the routes: unreachable ones, names used twice, bodies of GET, lifespans that nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._finding import Finding
from ._routes import endpoint_place


def check_routes(app: Any) -> Iterator[Finding]:
    """Yield the findings about an application's routes."""
    explain = getattr(getattr(app, "router", app), "explain", None)
    for remark in explain() if explain is not None else ():
        if remark.kind == "unreachable":
            fix = "put the more particular route first"
            yield Finding("unreachable route", "error", _sentence(remark), fix)
        elif remark.kind == "duplicate name":
            yield Finding("duplicate name", "error", _sentence(remark), 'give one of them another: name="..."')
        elif remark.kind == "body of a GET":
            fix = "take the values from the query, as Annotated[..., Query()], or register it for POST"
            yield Finding("body of a GET", "advice", _sentence(remark), fix)
        elif remark.kind == "overlap":
            yield Finding("overlap", "advice", _sentence(remark), "put the more particular route first, if it is not")
    yield from _lifespans(app, "", set())


def _sentence(remark: Any) -> str:
    where = endpoint_place(getattr(remark.route, "endpoint", None))
    return f"{where}: {remark}" if where else str(remark)


def _lifespans(app: Any, path: str, seen: set[int]) -> Iterator[Finding]:
    """Yield the mounted applications that have a lifespan which nothing runs."""
    seen.add(id(app))
    for route in getattr(app, "routes", ()):
        is_host = not hasattr(route, "path") and hasattr(route, "host")
        where = f"//{route.host}" if is_host else path + getattr(route, "path", "")
        inner = getattr(route, "base_app", None) or (getattr(route, "app", None) if is_host else None)
        if inner is None or id(inner) in seen:
            continue
        if not getattr(route, "runs_lifespan", False) and has_lifespan(inner):
            fix = "leave out lifespan=False, or enter it in the lifespan of the application above"
            if has_lifespan(app):
                sentence = f"the lifespan of the application at {where!r} runs only if that of the one above enters it"
                yield Finding("lifespan", "advice", sentence, fix)
            else:
                yield Finding("lifespan", "error", f"the lifespan of the application at {where!r} is not run", fix)
        yield from _lifespans(inner, where, seen)


def has_lifespan(app: Any) -> bool:
    """Return whether an application was given a lifespan of its own."""
    context = getattr(getattr(app, "router", app), "lifespan_context", None)
    module = getattr(context, "__module__", None) or type(context).__module__
    # What a router does without a lifespan is defined next to it, in the toolkit or in Starlette.
    return context is not None and not module.startswith(("armillary.routing", "armillary.starlette", "starlette."))
