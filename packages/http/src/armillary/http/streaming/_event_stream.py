"""Streams of server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from armillary.asgi_types import ClientDisconnect, Message, Receive, Scope, Send

from .._response import Background
from ._event import ServerSentEvent, checked_retry, encode_data
from ._response import StreamingResponse

if TYPE_CHECKING:
    from anyio import Event


class _Pinger:
    """Keeps a silent stream open; pings and sends of the stream never overlap."""

    __slots__ = ("_active", "_pinged", "_send", "_sending")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._active = False
        self._sending = False
        self._pinged: Event | None = None

    async def send(self, message: Message) -> None:
        """Send a message of the stream."""
        if self._pinged is not None:
            await self._pinged.wait()
        self._sending = self._active = True
        await self._send(message)
        self._sending = not message["more_body"]  # no ping follows the end

    async def run(self, interval: float, body: bytes) -> None:
        """Send `body` whenever nothing was sent for up to `interval` seconds; never return."""
        from anyio import sleep

        while True:
            await sleep(interval / 2)
            if not self._active and not self._sending:
                await self._ping(body)
                self._active = True
            else:
                self._active = False

    async def _ping(self, body: bytes) -> None:
        from anyio import Event

        pinged = self._pinged = Event()
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except OSError as exc:
            raise ClientDisconnect("the client disconnected during the response") from exc
        finally:
            self._pinged = None
            pinged.set()


class EventSourceResponse(StreamingResponse):
    """A stream of server-sent events.

    The stream ends with its content, when the client disconnects, and when the server is shutting
    down (if the scope record has a stop signal): clients are then sent how long to wait before
    they reconnect.

    Args:
        content: an async or blocking iterable of `ServerSentEvent`, text (an event's data), or
            anything else that is JSON serializable.
        status_code: the status.
        headers: further headers. Defaults: `cache-control: no-store`, `x-accel-buffering: no`.
        background: awaited after the stream ended.
        ping: seconds of silence after which a comment keeps the connection open, 15 by default;
            None for no pings.
        retry: milliseconds a client should wait before it reconnects, sent first; None leaves it to
            the client.
        stop_retry: the same, sent when the server stops; 3000 by default, None for none.

    Raises:
        ClientDisconnect: (when served) the client disconnected and the server's send raised.
        ValueError: `ping`, `retry` or `stop_retry` is not positive.

    Follows WHATWG HTML section 9.2. `last_event_id(request)` returns where a client left off.

    >>> async def clock():
    ...     yield ServerSentEvent({"now": 1}, event="tick", id="1")
    >>> EventSourceResponse(clock()).headers["content-type"]
    'text/event-stream; charset=utf-8'
    """

    media_type: str | None = "text/event-stream"
    ping_body: ClassVar[bytes] = b": ping\n\n"

    def __init__(
        self,
        content: AsyncIterable[Any] | Iterable[Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
        *,
        ping: float | None = 15.0,
        retry: int | None = None,
        stop_retry: int | None = 3000,
    ) -> None:
        if ping is not None and not ping > 0:
            raise ValueError(f"ping={ping!r} must be a number of seconds above 0, or None for no pings")
        if isinstance(content, str | bytes | Mapping):
            raise TypeError("EventSourceResponse takes an iterable of events, not one event; wrap it in a list")
        super().__init__(content, status_code, headers, background=background, endless=True)
        self.ping = ping
        self.retry: int | None = checked_retry("retry", retry)
        self.stop_retry: int | None = checked_retry("stop_retry", stop_retry)
        present = {name for name, _ in self.raw_headers}
        if b"cache-control" not in present:
            self.raw_headers.append((b"cache-control", b"no-store"))
        if b"x-accel-buffering" not in present:
            self.raw_headers.append((b"x-accel-buffering", b"no"))

    def encode_part(self, part: Any) -> bytes:
        """Return one event as it is sent."""
        if isinstance(part, ServerSentEvent):
            return part.encode()
        if isinstance(part, bytes):
            part = part.decode("utf-8")
        return encode_data("", "null" if part is None else part)

    async def send_content(self, scope: Scope, receive: Receive, send: Send, with_trailers: bool = False) -> None:
        """Send the events, with pings between them, until they end, the client disconnects or the server stops."""
        if self.retry is not None:
            await self.send_message(send, b"retry: %d\n\n" % self.retry, True)
        waits: list[Callable[[], Awaitable[None]]] = []
        work = partial(self.send_body, send)
        if self.ping is not None:
            pinger = _Pinger(send)
            waits.append(partial(pinger.run, self.ping, self.ping_body))
            work = partial(self.send_body, pinger.send)
        if await self.run_until_stop(scope, receive, work, *waits):
            await self.end_at_stop(send, b"" if self.stop_retry is None else b"retry: %d\n\n" % self.stop_retry)
