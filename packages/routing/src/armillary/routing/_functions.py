"""Plain functions as endpoints.

A function of a request or of a WebSocket is made an application by the package that owns
requests or WebSockets. It is imported here, when a route is constructed, and not before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armillary.asgi_types import ASGIApp


def _missing(endpoint: Any, package: str) -> TypeError:
    name = getattr(endpoint, "__name__", repr(endpoint))
    return TypeError(
        f"endpoint {name} is a plain function and {package} is not installed: "
        "run `pip install armillary-routing[functions]`, or pass an ASGI application"
    )


def request_application(endpoint: Callable[..., Any]) -> ASGIApp:
    """Return the application that calls `endpoint(request)` and sends the response it returns."""
    try:
        from armillary.http import request_response
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("armillary"):
            raise
        raise _missing(endpoint, "armillary-http") from exc
    return request_response(endpoint)


def websocket_application(endpoint: Callable[..., Any]) -> ASGIApp:
    """Return the application that calls `endpoint(websocket)`."""
    try:
        from armillary.websockets import websocket_session
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("armillary"):
            raise
        raise _missing(endpoint, "armillary-websockets") from exc
    return websocket_session(endpoint)
