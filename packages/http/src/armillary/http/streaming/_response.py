"""Responses whose body is produced while it is sent."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from functools import partial
from typing import Any, Final, TypeAlias

from armillary.asgi_types import ClientDisconnect, Receive, Scope, Send, find_scope_record
from armillary.exchange import BODILESS_STATUSES, record_response_start, send_raises_after_disconnect

from .._denial_response import can_send_denial_response, denial_response_send
from .._disconnect import until_disconnect
from .._response import Background, Content, Response, encode_chunk
from ._run_until import run_until
from ._trailers import encode_trailers, server_sends_trailers

SyncContentStream: TypeAlias = Iterable[Content]
AsyncContentStream: TypeAlias = AsyncIterable[Content]
ContentStream: TypeAlias = AsyncContentStream | SyncContentStream

STOP_SECONDS: Final = 1.0

Trailers: TypeAlias = Mapping[str, str] | Callable[[], Mapping[str, str]]


async def _iterate(chunks: Sequence[Content]) -> AsyncGenerator[Content]:
    for chunk in chunks:
        yield chunk


class _Reiterable:
    """An async iterable over a blocking one; it can be iterated more than once, as that can."""

    __slots__ = ("_content", "_iterate")

    def __init__(self, iterate: Callable[[Any], AsyncGenerator[Any]], content: Any) -> None:
        self._iterate = iterate
        self._content = content

    def __aiter__(self) -> AsyncGenerator[Any]:
        return self._iterate(self._content)


def as_async_iterable(content: Any) -> AsyncIterable[Any]:
    """Return an async iterable over any iterable.

    Content in memory (text, bytes, a list, a tuple) is iterated in place; any other
    blocking iterable is advanced in a worker thread. Anything but an iterator can be iterated again.
    """
    if hasattr(content, "__aiter__"):
        return content  # type: ignore[no-any-return]
    if isinstance(content, str | bytes | bytearray | memoryview):
        return _Reiterable(_iterate, (content,))
    if isinstance(content, list | tuple):
        return _Reiterable(_iterate, content)
    if not hasattr(content, "__iter__"):
        hint = "; call it, with ()" if callable(content) else ""
        name = type(content).__name__
        hint = "; a function that yields is called without await" if name == "coroutine" else hint
        raise TypeError(f"a stream's content must be iterable, not {name}{hint}")
    from armillary.concurrency import iterate_in_threadpool

    return (
        iterate_in_threadpool(content) if hasattr(content, "__next__") else _Reiterable(iterate_in_threadpool, content)
    )


class StreamingResponse(Response):
    """A response whose body is produced while it is sent.

    The start is sent before the first part of the content is requested. When the client
    disconnects, the content is no longer advanced and is closed. A HEAD never advances it.

    Args:
        content: an async or blocking iterable of text or bytes; a blocking one is advanced in
            worker threads.
        status_code: the status.
        headers: further headers; a `content-length` here must be that of the whole content.
        media_type: the `content-type`.
        background: awaited after the body was sent.
        trailers: header fields to send after the body, or a function returning them, called once
            the body is complete. Not sent if the server lacks the extension
            `http.response.trailers`.
        endless: whether the content goes on until the client leaves. When the server stops (if the scope record has a
            stop signal), the content is closed and the body ends there, as complete, instead of holding up the stop.

    Raises:
        ClientDisconnect: (when served) the client disconnected and the server's send raised.
        ValueError: an endless stream has trailers.

    Follows RFC 9110 section 6.5 and the ASGI HTTP spec 2.5.

    >>> async def lines():
    ...     yield "one\\n"
    ...     yield "two\\n"
    >>> StreamingResponse(lines(), media_type="text/plain").headers["content-type"]
    'text/plain; charset=utf-8'
    """

    body_iterator: AsyncIterable[Any]
    endless: bool = False

    def __init__(
        self,
        content: AsyncContentStream | SyncContentStream,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        *,
        trailers: Trailers | None = None,
        endless: bool = False,
    ) -> None:
        if status_code != 200:
            self.check_status(status_code)
        if endless and trailers is not None:
            raise ValueError("trailers= follow the end of the content, which a stream with endless=True does not have")
        if endless:
            self.endless = True
        self.body_iterator = as_async_iterable(content)
        self.status_code = status_code
        if media_type is not None:
            self.media_type: str | None = media_type
        self.background = background
        self.trailers = trailers
        self.init_headers(headers)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Fill `raw_headers` from `headers` and the media type; the length is not known."""
        self.init_unmeasured_headers(headers)
        trailers = self.trailers
        if trailers is not None and not callable(trailers):
            names = b", ".join([name for name, _ in encode_trailers(trailers)])
            self.raw_headers.append((b"trailer", names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response as its content is produced, then await the background work."""
        is_websocket = scope["type"] == "websocket"
        if is_websocket:
            send = denial_response_send(scope, send, self.denial_without_extension)
        with_trailers = self.trailers is not None and server_sends_trailers(scope)
        await self.send_start(scope, send, with_trailers)
        is_bodiless = self.status_code in BODILESS_STATUSES or scope.get("method") == "HEAD"
        if is_bodiless and self.leaves_out_bodies:
            await self.close_content()
            await send({"type": "http.response.body", "body": b""})
        elif is_websocket:
            if self.denial_without_extension or can_send_denial_response(scope):
                await self.send_body(send)
            else:  # the start closed the handshake
                await self.close_content()
        else:
            await self.send_content(scope, receive, send, with_trailers)
        if self.background is not None:
            await self.background()

    def encode_part(self, part: Any) -> bytes:
        """Return the bytes of one part of the content."""
        return part if type(part) is bytes else encode_chunk(part, self.charset)

    async def send_start(self, scope: Scope, send: Send, with_trailers: bool = False) -> None:
        """Send status and headers, and record in the scope record that they were sent."""
        message: dict[str, Any] = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": [*self.raw_headers],
        }
        if with_trailers:
            message["trailers"] = True
        await send(message)
        record_response_start(scope, send)

    async def send_content(self, scope: Scope, receive: Receive, send: Send, with_trailers: bool = False) -> None:
        """Send the body until it is complete, the client disconnects or, if it is endless, the server stops."""
        work = partial(self.send_body, send, with_trailers)
        if not self.endless:
            await self.run_while_connected(scope, work, partial(until_disconnect, scope, receive))
        elif await self.run_until_stop(scope, receive, work):
            await self.end_at_stop(send)

    async def run_until_stop(
        self, scope: Scope, receive: Receive, work: Callable[[], Awaitable[None]], *waits: Callable[[], Awaitable[None]]
    ) -> bool:
        """Await `work()`, cancelled when the client disconnects, one of `waits` returns or the server stops.

        Returns:
            Whether the server stops. If it did already, nothing was awaited.
        """
        record = find_scope_record(scope)
        stopping = None if record is None else record.get("stopping")
        if stopping is not None:
            if stopping.is_set():
                return True
            waits = (stopping.wait, *waits)
        if not send_raises_after_disconnect(scope):
            waits = (*waits, partial(until_disconnect, scope, receive))
        if not waits:
            await work()
            return False
        return await run_until(work, *waits) == 0 and stopping is not None

    async def run_while_connected(
        self, scope: Scope, work: Callable[[], Awaitable[None]], wait_for_disconnect: Callable[[], Awaitable[None]]
    ) -> None:
        """Await `work()`, cancelled when `wait_for_disconnect()` returns, unless the server's send raises then."""
        if send_raises_after_disconnect(scope):
            await work()
        else:
            await run_until(work, wait_for_disconnect)

    async def send_body(self, send: Send, with_trailers: bool = False) -> None:
        """Send each part of the content, then the end; give the event loop a turn from time to time."""
        from armillary.concurrency import FairTurn

        turn = FairTurn()
        encode, parts = self.encode_part, aiter(self.body_iterator)
        takes_bytes = type(self).encode_part is _BASE_ENCODE_PART
        until_asked = 8  # messages; asking costs as much as sending
        try:
            async for part in parts:
                body = part if takes_bytes and type(part) is bytes else encode(part)
                try:  # costs nothing; the content may raise an OSError of its own
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                except OSError as exc:
                    raise ClientDisconnect("the client disconnected during the response") from exc
                until_asked -= 1
                if not until_asked:
                    until_asked = 8
                    if turn.is_due(8):
                        await turn.give()
        except BaseException:
            await self.close_content(parts)
            raise
        await self.send_message(send, b"", False)
        if with_trailers:
            await self.send_trailers(send)

    async def end_at_stop(self, send: Send, body: bytes = b"") -> None:
        """Close the content and send the end, if the client takes it within a second."""
        from armillary.concurrency import wait_at_most

        await self.close_content()
        try:
            await wait_at_most(STOP_SECONDS, self.send_message(send, body, False))
        except TimeoutError as exc:
            raise ClientDisconnect("the client did not take the end of the response while the server stops") from exc

    async def send_message(self, send: Send, body: bytes, more: bool) -> None:
        """Send one message of the body; a broken connection is a `ClientDisconnect`."""
        try:
            await send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError as exc:
            raise ClientDisconnect("the client disconnected during the response") from exc

    async def send_trailers(self, send: Send) -> None:
        """Send the header fields that follow the body."""
        fields = encode_trailers((self.trailers() if callable(self.trailers) else self.trailers) or {})
        try:
            await send({"type": "http.response.trailers", "headers": fields, "more_trailers": False})
        except OSError as exc:
            raise ClientDisconnect("the client disconnected during the response") from exc

    async def close_content(self, begun: AsyncIterator[Any] | None = None) -> None:
        """Close a generator that was not exhausted, so that its `finally` runs.

        Args:
            begun: the iterator of the content, if there is one yet.
        """
        if begun is not None and begun is not self.body_iterator:
            await _close(begun)
        await _close(self.body_iterator)


_BASE_ENCODE_PART = StreamingResponse.encode_part


async def _close(source: Any) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
