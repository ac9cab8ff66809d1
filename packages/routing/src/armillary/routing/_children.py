"""Routes below a mount or a host."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import URLPath

from ._base_route import BaseRoute
from ._match import NoMatchFound


class ScopedApp:
    """An application bound to a scope, whichever scope it is called with."""

    __slots__ = ("app", "scope")

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.app = app
        self.scope = scope

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(self.scope, receive, send)


def child_routes(app: Any) -> Sequence[BaseRoute]:
    """Return the routes of an application that has any."""
    return getattr(app, "routes", None) or []


def reverse_child(app: Any, name: str, params: dict[str, Any]) -> URLPath:
    """Return the path of a named route below `app`; `NoMatchFound` if there is none."""
    router = getattr(app, "router", app)
    finder = getattr(router, "find_url_path", None)
    if finder is not None:
        path: URLPath = finder(name, params)
        return path
    for route in child_routes(app):
        try:
            found: Any = route.url_path_for(name, **params)
            return URLPath(found, protocol=getattr(found, "protocol", ""), host=getattr(found, "host", ""))
        except Exception as exc:
            if not is_no_match_error(exc):
                raise
    raise NoMatchFound(name, params)


def is_no_match_error(exc: Exception) -> bool:
    """Return whether a route, of ours or of another framework, raised that it does not have a name."""
    return isinstance(exc, NoMatchFound) or type(exc).__name__ == NoMatchFound.__name__


def name_below(own_name: str, name: str) -> str | None:
    """Return what remains of a name below a mount, None if the name is not below it.

    A mount without a name is transparent.
    """
    if not own_name:
        return name
    prefix = own_name + ":"
    return name[len(prefix) :] if name.startswith(prefix) else None
