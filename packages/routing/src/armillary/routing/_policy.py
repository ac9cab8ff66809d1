"""What differs between the native routes and the drop-in's, in one class.

Each attribute is read from the class of the route or router, so that a subclass changes it for all of its instances.
`armillary.starlette` overrides them in one place; nothing else does.
"""

from __future__ import annotations

from typing import ClassVar


class RoutingPolicy:
    """The choices of a class of routes or routers; the values here are the native ones."""

    lenient_paths: ClassVar[bool] = False
    """Take a stray brace, or a parameter as other frameworks write it, as text; in a host, let a `str` parameter match
    several labels."""

    encodes_paths: ClassVar[bool] = True
    """Percent-encode what `url_path_for` returns, and reject "." and ".." as values; of a `Host`, the parameter
    `path`."""

    keeps_missing_params: ClassVar[bool] = False
    """Leave "{tenant}" in a reversed path whose mount parameter is missing."""

    scope_in_place: ClassVar[bool] = False
    """Write spec keys (`root_path`) into the caller's scope instead of into a copy."""

    takes_websockets: ClassVar[bool] = True
    """Give WebSockets that match a `Route` to endpoints that say they serve them."""

    allow_union: ClassVar[bool] = True
    """Name in `Allow` the methods of all routes that share the path, not only the first's."""

    scope_error: ClassVar[type[Exception]] = RuntimeError
    """What a router raises for a scope that is neither http nor websocket nor lifespan."""

    errors_as_text: ClassVar[bool] = False
    """Send 404 and 405 as plain text whatever the client prefers, and close a handshake with 1000 instead."""
