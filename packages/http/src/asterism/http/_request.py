"""The request as an endpoint sees it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, ClassVar

from asterism.asgi_types import CachedBody, ClientDisconnect, Message, Receive, Scope, Send, find_scope_record
from asterism.datastructures import HTTPConnection

from ._channel import empty_receive, empty_send
from ._received_body import ReplayedBody, check_declared_length, content_too_large, find_body, shared_body


class Request(HTTPConnection):
    """An HTTP request: the scope's facts, parsed when first asked for, and its body.

    Args:
        scope: an ASGI scope of type "http".
        receive: the connection's receive channel; needed to read the body.
        send: the connection's send channel; needed for early hints and push.

    >>> Request({"type": "http", "method": "GET", "path": "/"}).method
    'GET'
    """

    max_body_size: ClassVar[int | None] = 16 * 1024 * 1024
    """The limit in bytes on a body where the scope record names none; None for no limit."""

    _send: Send
    _receive: Receive
    _body: bytes
    _json: Any
    _form: Any = None
    _streaming: bool = False

    def __init__(self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send) -> None:
        if scope["type"] != "http":
            raise TypeError(f"{type(self).__name__} takes an http scope, got {scope['type']!r}")
        self.scope = scope
        self._receive = receive
        self._send = send

    @property
    def method(self) -> str:
        """The request method, such as "GET"."""
        method: str = self.scope["method"]
        return method

    @property
    def receive(self) -> Receive:
        """A receive channel for another application; it gives the body again where it was read here."""
        record = find_scope_record(self.scope)
        shared = None if record is None else find_body(record, self._receive)
        if shared is None:
            return self._receive
        if shared.body is not None:
            return ReplayedBody([{"type": "http.request", "body": shared.body, "more_body": False}], self._receive)
        return ReplayedBody(list(shared.unread), self._receive) if shared.unread else self._receive

    async def body(self) -> bytes:
        """Return the whole body; it is read once per request and kept.

        Raises:
            HTTPException: 413, the body is over `max_body_size`.
            ClientDisconnect: the client went away before the body was complete.
            RuntimeError: the body was streamed, or there is no receive channel.
        """
        try:
            return self._body
        except AttributeError:
            pass
        if type(self).stream is not _PLAIN_STREAM:
            self._body = b"".join([chunk async for chunk in self.stream()])
            return self._body
        self._body = await self._read_body()
        return self._body

    async def _read_body(self) -> bytes:
        shared, limit = self._begin_reading()
        if shared.body is not None:
            return shared.body
        shared.streaming = True
        chunk = await self._next_chunk(shared, limit)
        if not shared.complete:
            chunks = [chunk]
            while not shared.complete:
                chunks.append(await self._next_chunk(shared, limit))
            chunk = b"".join(chunks)
        shared.body = chunk
        return chunk

    def _begin_reading(self) -> tuple[CachedBody, int | None]:
        shared = shared_body(self.scope, self._receive)
        limit = self.scope["asterism"].get("max_body_size", self.max_body_size)
        if limit is not None:
            check_declared_length(self.scope, limit)
            if shared.received > limit:
                raise content_too_large(limit)
        if shared.body is None:
            if shared.disconnected:
                raise ClientDisconnect()
            if shared.streaming and not self._streaming:
                raise RuntimeError("Stream consumed: the body was streamed; read it once, or call body() first")
        return shared, limit

    async def _next_chunk(self, shared: CachedBody, limit: int | None) -> bytes:
        message: Message = shared.unread.pop(0) if shared.unread else await self._receive()
        if message["type"] != "http.request":
            shared.disconnected = True
            raise ClientDisconnect()
        chunk: bytes = message.get("body", b"")
        if not message.get("more_body", False):
            shared.complete = True
        shared.received += len(chunk)
        if limit is not None and shared.received > limit:
            raise content_too_large(limit)
        return chunk

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Give the body in the pieces it arrives in, keeping none; an empty piece comes last.

        Raises:
            HTTPException: 413, the body is over `max_body_size`.
            ClientDisconnect: the client went away before the body was complete.
            RuntimeError: the body was already streamed, or there is no receive channel.
        """
        body = getattr(self, "_body", None)
        if body is None:
            shared, limit = self._begin_reading()
            body = shared.body
        if body is not None:
            yield body
            yield b""
            return
        if shared.complete:
            raise RuntimeError("Stream consumed: the body was streamed; read it once, or call body() first")
        shared.streaming = self._streaming = True
        while not shared.complete:
            chunk = await self._next_chunk(shared, limit)
            if chunk:
                yield chunk
        yield b""

    async def json(self) -> Any:
        """Return the body decoded from JSON."""
        import json

        return json.loads(await self.body())


_PLAIN_STREAM = Request.stream
