"""The body of a request: read once, whole or as it arrives, under its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator

from armillary.asgi_types import CachedBody, Receive, Scope, Send, find_scope_record
from armillary.datastructures import HTTPConnection, StateT
from armillary.exchange import check_declared_length, limit_in_force

from ._body_stream import BodyStream
from ._channel import empty_receive, empty_send
from ._received_body import STREAM_CONSUMED, ReplayedBody, find_body, open_body, receive_of, receive_piece
from ._request_policy import RequestPolicy
from ._start_tracking import StartTrackingSend


class RequestBody(RequestPolicy, HTTPConnection[StateT]):
    """The part of `Request` that reads the body; its arguments are those."""

    _receive: Receive
    _body: bytes
    _streaming: bool = False
    _checked_limit: int | None = None

    def __init__(self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send) -> None:
        if scope["type"] != "http":
            raise self.wrong_scope_error(f"{type(self).__name__} takes an http scope, got {scope['type']!r}")
        self.scope = scope
        self._receive = receive
        self._send_on = send

    @property
    def _send(self) -> Send:
        # Programs give it to other applications; whether those began the response has to be known.
        return StartTrackingSend(self.scope, self._send_on)

    @_send.setter
    def _send(self, send: Send) -> None:
        self._send_on = send

    def check_declared_size(self) -> None:
        """Reject a body whose Content-Length is over the limit in force, if `rejects_declared_size` is true.

        Function and class endpoints are called after this, so that a body that is too large has no effect at all.

        Raises:
            HTTPException: 413.
        """
        if self.rejects_declared_size:
            limit = limit_in_force(self.scope, self.max_body_size)
            check_declared_length(self.scope, limit)
            self._checked_limit = limit

    @property
    def receive(self) -> Receive:
        """A receive channel for another application; it replays the body if it was read here."""
        shared = find_body(find_scope_record(self.scope), self._receive)
        body = getattr(self, "_body", None if shared is None else shared.body)
        receive = self._receive if shared is None else receive_of(shared, self._receive)
        if body is not None:
            return ReplayedBody([{"type": "http.request", "body": body, "more_body": False}], receive)
        if shared is not None and (shared.unread or shared.look_ahead is not None):
            return ReplayedBody(list(shared.unread), receive)
        return self._receive

    async def body(self) -> bytes:
        """Return the whole body; it is read once per request and kept.

        Raises:
            HTTPException: 413, the body is over `max_body_size`; 408, it stopped for `body_idle_timeout` seconds.
            ClientDisconnect: the client disconnected before the body was complete.
            RuntimeError: the body was streamed, or there is no receive channel.
        """
        body: bytes | None = getattr(self, "_body", None)
        if body is not None:
            return body
        if type(self).stream is not _BASE_STREAM:
            self._body = b"".join([piece async for piece in self.stream()])
            return self._body
        receive = self._receive
        continuing = self._streaming and self.keeps_rest_of_stream
        shared, limit = open_body(self.scope, receive, self.max_body_size, continuing, self._checked_limit)
        if shared.body is None:
            if shared.complete:
                raise RuntimeError(STREAM_CONSUMED)
            shared.streaming = True
            body = await receive_piece(shared, receive, limit, self.body_idle_timeout)
            if not shared.complete:
                pieces = [body]
                while not shared.complete:
                    pieces.append(await receive_piece(shared, receive, limit, self.body_idle_timeout))
                body = b"".join(pieces)
            shared.body = body
        self._body = shared.body
        return shared.body

    def stream(self) -> AsyncIterator[bytes]:
        """Iterate over the body as it arrives, keeping nothing; an empty piece comes last.

        Raises:
            HTTPException: 413, the body is over `max_body_size`; 408, it stopped for `body_idle_timeout` seconds.
            ClientDisconnect: the client disconnected before the body was complete.
            RuntimeError: the body was already streamed, or there is no receive channel.
        """
        return BodyStream(self._open_stream, self.body_idle_timeout)

    def _open_stream(self) -> tuple[CachedBody, Receive, int | None]:
        kept: bytes | None = getattr(self, "_body", None)
        if kept is not None:
            return CachedBody(self._receive, kept), self._receive, None
        shared, limit = open_body(self.scope, self._receive, self.max_body_size, self._streaming, self._checked_limit)
        if shared.body is None:
            if shared.complete:
                raise RuntimeError(STREAM_CONSUMED)
            shared.streaming = self._streaming = True
        return shared, self._receive, limit


_BASE_STREAM = RequestBody.stream
