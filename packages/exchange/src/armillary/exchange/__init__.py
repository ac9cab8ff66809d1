"""Decisions about one exchange, without an event loop or a third party.

What several parts decide alike about a request and its response, or about a WebSocket, is decided here: whether a
response has started or ended, how a request or handshake is rejected, how large a body may be, and which handler
takes an exception. A middleware that rejects what it does not like, in any ASGI application:

>>> from armillary.exchange import Rejection, reject
>>> class TeapotMiddleware:
...     def __init__(self, app):
...         self.app = app
...     async def __call__(self, scope, receive, send):
...         if scope["type"] != "lifespan" and scope["path"] == "/coffee":
...             await reject(scope, send, Rejection(418, "This is a teapot."))
...         else:
...             await self.app(scope, receive, send)
"""

from ._accept_guard import ORIGIN_REJECTED, guard_accept
from ._body_limit import (
    DEFAULT_MAX_BODY_SIZE,
    BodyTooLarge,
    CountedReceive,
    check_body_limit,
    check_declared_length,
    declared_length,
    limit_in_force,
)
from ._error_form import ErrorForm, preferred_form, prefers_text
from ._handlers import (
    check_exception_handler,
    find_exception_handler,
    has_registered_handlers,
    native_exception,
    register_handlers,
    registered_handler,
    restore_handlers,
)
from ._lifespan import complete_lifespan, run_lifespan
from ._origin_policy import (
    DecidesOrigin,
    OriginCheck,
    OriginPolicy,
    check_origin,
    has_session_or_user,
    is_origin_checked,
)
from ._rejection import (
    BODILESS_STATUSES,
    RawHeader,
    Rejection,
    can_reject_with_response,
    close_code,
    close_reason,
    leaves_body_unread,
    reject,
    rejection_of,
)
from ._spec_version import send_raises_after_disconnect
from ._start_headers import lower_names, start_headers
from ._started import (
    has_response_started,
    is_websocket_open,
    pass_start,
    record_response_start,
    send_whole,
    send_withheld_start,
    withhold_start,
)
from ._state import (
    CLOSED_ABNORMALLY,
    HTTP_TRANSITIONS,
    WEBSOCKET_TRANSITIONS,
    HTTPExchange,
    WebSocketExchange,
    exchange_of,
    track,
)
from ._tracked_request import TrackedRequest

__all__ = [
    "BODILESS_STATUSES",
    "CLOSED_ABNORMALLY",
    "DEFAULT_MAX_BODY_SIZE",
    "HTTP_TRANSITIONS",
    "ORIGIN_REJECTED",
    "WEBSOCKET_TRANSITIONS",
    "BodyTooLarge",
    "CountedReceive",
    "DecidesOrigin",
    "ErrorForm",
    "HTTPExchange",
    "OriginCheck",
    "OriginPolicy",
    "RawHeader",
    "Rejection",
    "TrackedRequest",
    "WebSocketExchange",
    "can_reject_with_response",
    "check_body_limit",
    "check_declared_length",
    "check_exception_handler",
    "check_origin",
    "close_code",
    "close_reason",
    "complete_lifespan",
    "declared_length",
    "exchange_of",
    "find_exception_handler",
    "guard_accept",
    "has_registered_handlers",
    "has_response_started",
    "has_session_or_user",
    "is_origin_checked",
    "is_websocket_open",
    "leaves_body_unread",
    "limit_in_force",
    "lower_names",
    "native_exception",
    "pass_start",
    "preferred_form",
    "prefers_text",
    "record_response_start",
    "register_handlers",
    "registered_handler",
    "reject",
    "rejection_of",
    "restore_handlers",
    "run_lifespan",
    "send_raises_after_disconnect",
    "send_whole",
    "send_withheld_start",
    "start_headers",
    "track",
    "withhold_start",
]
