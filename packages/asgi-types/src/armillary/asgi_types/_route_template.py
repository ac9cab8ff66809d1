"""The template of the route that took a connection."""

from __future__ import annotations

from typing import Any

from ._application import Scope
from ._record import RECORD_KEY, find_scope_record, scope_record
from ._scope_record import ScopeRecord


def expect_route_template(scope: Scope) -> ScopeRecord:
    """Have the router record the template of the route it matches, and return the record.

    Without it the template is in the scope alone, and is lost in a copy of that. A router records
    the template of a route if the scope has path parameters; an empty dict of them is enough.

    Args:
        scope: the connection's scope, which will be handed to the application that routes.

    >>> scope = {"type": "http"}
    >>> expect_route_template(scope)
    {}
    >>> scope
    {'type': 'http', 'path_params': {}, 'armillary': {}}
    """
    if "path_params" not in scope:
        scope["path_params"] = {}
    record: Any = scope.get(RECORD_KEY)
    return scope_record(scope) if record is None else record


def find_route_template(scope: Scope) -> str | None:
    """Return the path template of the matched route with those of its mounts; None if none matched.

    It is known once the routes were tried. In a copy of the scope it is known if
    `expect_route_template` was called before that, or a mount matched.

    Args:
        scope: the connection's scope, as it was handed to the application that routes.

    Returns:
        A template such as "/users/{id:int}"; a foreign framework's without its mounts.

    >>> find_route_template({"type": "http", "armillary": {"route_path": "/api/users/{id:int}"}})
    '/api/users/{id:int}'
    >>> find_route_template({"type": "http"})
    """
    record = find_scope_record(scope)
    template = record.get("route_path") if record else None
    if template is None:
        template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) and template else None
