"""The template of the route that took a connection."""

from __future__ import annotations

from ._record import find_scope_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._application import Scope


def find_route_template(scope: Scope) -> str | None:
    """Return the path template of the matched route with those of its mounts; None where none matched.

    It is known once the routes were tried, and below a copy of the scope only where a mount matched.

    Args:
        scope: the connection's scope, as it was handed to the application that routes.

    Returns:
        A template such as "/users/{id:int}"; a foreign framework's without its mounts.

    >>> find_route_template({"type": "http", "asterism": {"route_path": "/api/users/{id:int}"}})
    '/api/users/{id:int}'
    >>> find_route_template({"type": "http"})
    """
    record = find_scope_record(scope)
    template = record.get("route_path") if record else None
    if template is None:
        template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) and template else None
