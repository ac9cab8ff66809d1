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
from ._conversation import HTTPConversation
from ._errors import ApplicationTimeout, PeerGone, WebSocketClosed, WebSocketDenied
from ._settings import BackendName
from ._sync_client import TestClient, client_class
from ._sync_websocket import WebSocketTestSession
from ._websocket_exchange import Denial

__all__ = [
    "ApplicationTimeout",
    "AsyncTestClient",
    "AsyncWebSocketSession",
    "BackendName",
    "Denial",
    "HTTPConversation",
    "PeerGone",
    "TestClient",
    "WebSocketClosed",
    "WebSocketDenied",
    "WebSocketTestSession",
    "async_client_class",
    "client_class",
]
