"""Sync and async test clients for any ASGI app, and a pytest plugin.

>>> from armillary.testing import TestClient
>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     await send({"type": "http.response.body", "body": b"Hello"})
>>> TestClient(app).get("/").text
'Hello'

`AsyncTestClient` does the same on the caller's own event loop. The fixtures are in
`armillary.testing.pytest_plugin`.
"""

from ._async_client import AsyncTestClient, async_client_class
from ._async_websocket import AsyncWebSocketSession
from ._errors import ApplicationTimeout, DenialResponse, PeerDisconnected, WebSocketClosed, WebSocketRejected
from ._settings import BackendName
from ._stepped_request import SteppedRequest
from ._sync_client import TestClient, client_class
from ._sync_websocket import WebSocketTestSession

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
