"""What other frameworks call the parts of an application, for the errors of those who come from one."""

from __future__ import annotations

from difflib import get_close_matches
from inspect import signature
from typing import Any, Final

METHODS: Final = {
    "add_api_route": "app.add_route(path, endpoint)",
    "add_event_handler": "Armillary(lifespan=...)",
    "before_request": "app.add_middleware(DispatchMiddleware, dispatch=...)",
    "exception_handler": "Armillary(exception_handlers={...})",
    "include_router": "app.include(router, prefix)",
    "middleware": "app.add_middleware(TheClass, ...)",
    "on_event": "Armillary(lifespan=...)",
    "register_blueprint": "app.include(router, prefix)",
    "run": "`armillary run app:app` on the command line",
    "websocket_route": "app.websocket(path)",
}
ARGUMENTS: Final = {
    "description": "openapi=OpenAPI(description=...)",
    "docs_url": "openapi=OpenAPI(...)",
    "on_shutdown": "lifespan=...",
    "on_startup": "lifespan=...",
    "title": "openapi=OpenAPI(title=...)",
    "version": "openapi=OpenAPI(version=...)",
}


def missing_attribute(app: Any, name: str) -> AttributeError:
    """Return the error for an attribute that an application does not have."""
    name_of_class: str = type(app).__name__
    problem = f"{name_of_class!r} object has no attribute {name!r}"
    if name in METHODS:
        problem += f": write {METHODS[name]}"
    return AttributeError(problem, name=name, obj=app)


def check_arguments(cls: Any, given: dict[str, Any]) -> None:
    """Raise TypeError for a keyword argument that an application does not take; it names the one that is meant."""
    known = signature(cls.__init__).parameters
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, 1)
            meant = f": write {ARGUMENTS[name]}" if name in ARGUMENTS else ""
            hint = meant or (f"; did you mean {close[0]!r}?" if close else "")
            raise TypeError(f"{cls.__name__} got an unexpected keyword argument {name!r}{hint}")
