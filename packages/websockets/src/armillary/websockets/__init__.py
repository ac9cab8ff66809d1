"""WebSocket connections, endpoints and origin policy for any ASGI app.

>>> from armillary.websockets import WebSocket, websocket_session
>>> async def echo(websocket: WebSocket) -> None:
...     async with websocket:
...         async for message in websocket:
...             await websocket.send_text(f"You said {message!r}")
>>> app = websocket_session(echo)
"""

from armillary.exchange import OriginPolicy

from ._close import WebSocketClose
from ._endpoint import WebSocketEndpoint
from ._exception_handling import handle_exception
from ._exceptions import (
    InvalidMessage,
    MalformedMessage,
    UnexpectedMessage,
    WebSocketDisconnect,
    WebSocketDisconnected,
)
from ._limits import NO_LIMITS, WebSocketLimits
from ._origin import OriginMiddleware
from ._policy import WebSocketPolicy
from ._session import check_websocket_function, websocket_session
from ._state import WebSocketState
from ._websocket import WebSocket

__all__ = [
    "NO_LIMITS",
    "InvalidMessage",
    "MalformedMessage",
    "OriginMiddleware",
    "OriginPolicy",
    "UnexpectedMessage",
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketEndpoint",
    "WebSocketLimits",
    "WebSocketPolicy",
    "WebSocketState",
    "check_websocket_function",
    "handle_exception",
    "websocket_session",
]
