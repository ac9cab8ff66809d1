"""What the parts of the toolkit share about one connection.

`scope["asterism"]` holds one dict, created by the first part that needs it. Middleware that
copies a scope copies the reference, so every part sees the same record whichever copy it was
given. The keys below are the whole registry; a part owns the keys named for it, and every
key may be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final, TypedDict, cast
from weakref import ref

from ._application import ASGIApp, Message, Receive, Scope
from ._handlers import ExceptionHandlers
from ._stop import StopSignal

RECORD_KEY: Final = "asterism"


class CachedBody:
    """How far the request body that comes from one `receive` has been read.

    It holds only for that same callable: a middleware that wraps `receive` to change the body
    is therefore never bypassed. The callable is held weakly, since it usually refers back to the
    scope and the two would keep each other, and the body, alive.

    Args:
        receive: the channel the body comes from.
        body: the whole body, once read; None before, and for a body that was streamed.

    Attributes:
        body: as above.
        complete: whether the last part of the body has arrived.
        disconnected: whether the client was seen to go away.
        form: the form parsed from the body, once parsed.
        received: the bytes received so far.
        streaming: whether parts of the body were handed out without being kept.
        unread: messages received while looking for a disconnect, oldest first.

    >>> async def receive(): ...
    >>> CachedBody(receive, b"x").is_from(receive)
    True
    """

    body: bytes | None = None
    complete: bool = False
    disconnected: bool = False
    form: Any = None
    received: int = 0
    streaming: bool = False
    unread: Sequence[Message] = ()

    def __init__(self, receive: Receive, body: bytes | None = None) -> None:
        self._receive: Callable[[], Receive | None]
        try:
            self._receive = ref(receive)
        except TypeError:
            self._receive = lambda: receive
        if body is not None:
            self.body = body
            self.complete = True
            self.received = len(body)

    def is_from(self, receive: Receive) -> bool:
        """Tell whether `receive` is the very channel this body comes from."""
        return self._receive() is receive


class ScopeRecord(TypedDict, total=False):
    """The registry of `scope["asterism"]`.

    Keys:
        bodies: request bodies and how far they are read, newest last (http).
        csp_nonce: the nonce of this response's Content-Security-Policy (security).
        csrf_token: the token a form must send back (security).
        debug: whether error pages may show source text (errors, applications).
        exception_handlers: handlers registered by the application (errors, applications).
        lifespan_apps: the mounted applications whose lifespan is run (applications).
        max_body_size: the limit in bytes on this request's body, None for no limit
            (applications, routing, security).
        reported_exception: the exception that was already logged for this connection (errors).
        request_id: the id given to this request (logging).
        response_started: whether `http.response.start` was sent (http, errors).
        result_has_errors: whether the result being answered carries errors whatever its status,
            as GraphQL's may; set before the response starts (graphql).
        route_path: the template of the matched route with its mounts, such as
            "/users/{id:int}" (routing).
        session: the session accessor of this connection (sessions).
        stopping: set when the server was told to stop (background).
        traced: whether a telemetry middleware has decided about this connection (telemetry).
        transactions: the transaction of this connection in each database, by its name (sqlalchemy).
        websocket_open: whether a raw WebSocket application accepted and did not close (errors).
    """

    bodies: list[CachedBody]
    csp_nonce: str
    csrf_token: str
    debug: bool
    exception_handlers: ExceptionHandlers
    lifespan_apps: list[ASGIApp]
    max_body_size: int | None
    reported_exception: BaseException
    request_id: str
    response_started: bool
    result_has_errors: bool
    route_path: str
    session: MutableMapping[str, Any]
    stopping: StopSignal
    transactions: Mapping[str, Any]
    traced: bool
    websocket_open: bool


def scope_record(scope: Scope) -> ScopeRecord:
    """Return the connection's record, creating it in `scope` where it is missing.

    >>> scope = {"type": "http"}
    >>> scope_record(scope)["request_id"] = "a1"
    >>> scope_record(dict(scope))
    {'request_id': 'a1'}
    """
    record = scope.get(RECORD_KEY)
    if record is None:
        record = scope[RECORD_KEY] = {}
    return cast(ScopeRecord, record)


def find_scope_record(scope: Scope) -> ScopeRecord | None:
    """Return the connection's record, or None; the scope is left as it is."""
    return cast("ScopeRecord | None", scope.get(RECORD_KEY))
