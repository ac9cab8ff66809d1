"""Sync and async test clients for any ASGI app, and a pytest plugin.

>>> from armillary.testing import TestClient
>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     await send({"type": "http.response.body", "body": b"Hello"})
>>> TestClient(app).get("/").text
'Hello'

`AsyncTestClient` does the same on the caller's own event loop. The fixtures are in
`armillary.testing.pytest_plugin`. The clients are loaded when first asked for, since they need an HTTP client library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._async_websocket import AsyncWebSocketSession
from ._errors import ApplicationTimeout, DenialResponse, PeerDisconnected, WebSocketClosed, WebSocketRejected
from ._settings import BackendName
from ._sync_websocket import WebSocketTestSession

if TYPE_CHECKING:
    from ._async_client import AsyncTestClient, async_client_class
    from ._stepped_request import SteppedRequest
    from ._sync_client import TestClient, client_class
else:
    _MODULE_OF = {
        "AsyncTestClient": "_async_client",
        "SteppedRequest": "_stepped_request",
        "TestClient": "_sync_client",
        "async_client_class": "_async_client",
        "client_class": "_sync_client",
    }

    def __getattr__(name: str) -> object:
        """Load a client when it is asked for; `ImportError` if there is no HTTP client library."""
        from importlib import import_module

        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        return found


__all__ = [
    "ApplicationTimeout",
    "AsyncTestClient",
    "AsyncWebSocketSession",
    "BackendName",
    "DenialResponse",
    "PeerDisconnected",
    "SteppedRequest",
    "TestClient",
    "WebSocketClosed",
    "WebSocketRejected",
    "WebSocketTestSession",
    "async_client_class",
    "client_class",
]
