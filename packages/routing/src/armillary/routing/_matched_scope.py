"""What a match writes into a scope, and which scope the matched application is called with."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from armillary.asgi_types import RECORD_KEY, ASGIApp, Receive, Scope, Send, scope_record

from ._scope_path import MOUNT_KEY, current_mount


class ScopedApp:
    """An application bound to a scope, whichever scope it is called with.

    Attributes:
        keeps_record: as the application's: the scopes share one record.
    """

    __slots__ = ("app", "keeps_record", "scope")

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.app = app
        self.scope = scope
        self.keeps_record: bool = getattr(app, "keeps_record", False) is True

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(self.scope, receive, send)


def record_match(route: Any, scope: Scope, params: dict[str, Any]) -> None:
    """Write the match of a route without children into the scope."""
    if "path_params" in scope:
        params = merged_params(scope, params)
        record_template(scope, route.path)
    scope["path_params"] = params
    scope["endpoint"] = route.endpoint
    scope["route"] = route


def merged_params(scope: Scope, params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the mounts above with those of this match."""
    outer = scope.get("path_params")
    return {**outer, **params} if outer else params


def record_template(scope: Scope, template: str) -> None:
    """Record the whole template of a route that was found below a mount, or if the scope has a record."""
    if MOUNT_KEY in scope:
        point = current_mount(scope)
        if point is not None:
            scope_record(scope)["route_path"] = point.template + template
            return
    record = scope.get(RECORD_KEY)
    if record is not None:
        record["route_path"] = template


def add_routing_keys(scope: Scope, below: Scope) -> None:
    """Write into a scope what is known below it of the route, for outer middleware to find later."""
    for key in ("endpoint", "path_params", "route"):
        if key in below:
            scope[key] = below[key]


def scope_below(scope: Scope, changes: Scope) -> Scope:
    """Return a copy of a scope with other keys, which shares its record."""
    scope_record(scope)  # made here, so that the copy has it too
    return {**scope, **changes}


def extended_scope(scope: Scope, child_scope: Scope, *, in_place: bool) -> Scope:
    """Return the scope with the keys of a match; a copy if a spec key changes and not `in_place`."""
    if in_place or not ("root_path" in child_scope or "path" in child_scope):
        scope.update(child_scope)
        return scope
    if RECORD_KEY not in scope:
        scope[RECORD_KEY] = {}  # made here, so that the copy has it too
    below = {**scope, **child_scope}
    add_routing_keys(scope, child_scope)
    return below
