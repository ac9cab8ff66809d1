"""Types, shared exceptions and the shared scope record of ASGI 3.

Every other part of the toolkit depends on this one; it imports only the standard library and
knows neither an event loop nor a server. A bare application, typed:

>>> from armillary.asgi_types import Receive, Scope, Send
>>> async def app(scope: Scope, receive: Receive, send: Send) -> None:
...     await send({"type": "http.response.start", "status": 204, "headers": []})
...     await send({"type": "http.response.body", "body": b""})

The exceptions that cross from one part to another:

    Exception
    ├── HTTPException          respond to this request with a status code
    ├── WebSocketException     close this WebSocket with a close code
    └── ClientDisconnect       the client disconnected before the response was complete

`scope_record(scope)` gives the one mutable mapping that parts share for a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._annotations import annotations_of, signature_of
from ._application import ASGIApp, Lifespan, Message, Receive, Scope, Send, StatefulLifespan, StatelessLifespan
from ._arguments import check_arguments, unexpected_argument
from ._cached_body import CachedBody
from ._callable import is_async_callable, is_plain_function
from ._close_codes import check_close_code
from ._exceptions import ClientDisconnect, HTTPException, WebSocketException
from ._from_scope import FromScope, value_in_scope
from ._handler_types import ExceptionHandler, ExceptionHandlers, HTTPExceptionHandler, WebSocketExceptionHandler
from ._middleware import Middleware
from ._middleware_factory import MiddlewareFactory
from ._phrases import reason_phrase
from ._place import EndpointError, caller_place, code_of, describe_function, source_place, yields_hint
from ._record import RECORD_KEY, find_scope_record, scope_record
from ._route_template import expect_route_template, find_route_template
from ._scope_record import ScopeRecord
from ._status_codes import check_status_code
from ._stop import StopSignal

if TYPE_CHECKING:
    from ._message import (
        HTTPDisconnectEvent,
        HTTPRequestEvent,
        HTTPResponseBodyEvent,
        HTTPResponseDebugEvent,
        HTTPResponseEarlyHintEvent,
        HTTPResponsePathsendEvent,
        HTTPResponsePushEvent,
        HTTPResponseStartEvent,
        HTTPResponseTrailersEvent,
        HTTPResponseZeroCopySendEvent,
        LifespanShutdownCompleteEvent,
        LifespanShutdownEvent,
        LifespanShutdownFailedEvent,
        LifespanStartupCompleteEvent,
        LifespanStartupEvent,
        LifespanStartupFailedEvent,
        ReceiveEvent,
        SendEvent,
        WebSocketAcceptEvent,
        WebSocketCloseEvent,
        WebSocketConnectEvent,
        WebSocketDisconnectEvent,
        WebSocketReceiveEvent,
        WebSocketResponseBodyEvent,
        WebSocketResponseStartEvent,
        WebSocketSendEvent,
    )
    from ._scope import ASGIVersions, HTTPScope, LifespanScope, TLSExtension, WebSocketScope

__all__ = [
    "RECORD_KEY",
    "ASGIApp",
    "ASGIVersions",
    "CachedBody",
    "ClientDisconnect",
    "EndpointError",
    "ExceptionHandler",
    "ExceptionHandlers",
    "FromScope",
    "HTTPDisconnectEvent",
    "HTTPException",
    "HTTPExceptionHandler",
    "HTTPRequestEvent",
    "HTTPResponseBodyEvent",
    "HTTPResponseDebugEvent",
    "HTTPResponseEarlyHintEvent",
    "HTTPResponsePathsendEvent",
    "HTTPResponsePushEvent",
    "HTTPResponseStartEvent",
    "HTTPResponseTrailersEvent",
    "HTTPResponseZeroCopySendEvent",
    "HTTPScope",
    "Lifespan",
    "LifespanScope",
    "LifespanShutdownCompleteEvent",
    "LifespanShutdownEvent",
    "LifespanShutdownFailedEvent",
    "LifespanStartupCompleteEvent",
    "LifespanStartupEvent",
    "LifespanStartupFailedEvent",
    "Message",
    "Middleware",
    "MiddlewareFactory",
    "Receive",
    "ReceiveEvent",
    "Scope",
    "ScopeRecord",
    "Send",
    "SendEvent",
    "StatefulLifespan",
    "StatelessLifespan",
    "StopSignal",
    "TLSExtension",
    "WebSocketAcceptEvent",
    "WebSocketCloseEvent",
    "WebSocketConnectEvent",
    "WebSocketDisconnectEvent",
    "WebSocketException",
    "WebSocketExceptionHandler",
    "WebSocketReceiveEvent",
    "WebSocketResponseBodyEvent",
    "WebSocketResponseStartEvent",
    "WebSocketScope",
    "WebSocketSendEvent",
    "annotations_of",
    "caller_place",
    "check_arguments",
    "check_close_code",
    "check_status_code",
    "code_of",
    "describe_function",
    "expect_route_template",
    "find_route_template",
    "find_scope_record",
    "is_async_callable",
    "is_plain_function",
    "reason_phrase",
    "scope_record",
    "signature_of",
    "source_place",
    "unexpected_argument",
    "value_in_scope",
    "yields_hint",
]

_SCOPES = frozenset({"ASGIVersions", "HTTPScope", "LifespanScope", "TLSExtension", "WebSocketScope"})


def __getattr__(name: str) -> Any:
    """Load the descriptions of scopes and messages when one is asked for; no signature names them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Not by importlib, which is three modules more.
    module = __import__(f"{__name__}.{'_scope' if name in _SCOPES else '_message'}", fromlist=[name])
    value = globals()[name] = getattr(module, name)
    return value
