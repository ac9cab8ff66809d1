"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from armillary.asgi_types import ClientDisconnect, Message, Receive, Scope, Send, find_scope_record
from armillary.datastructures import HTTPConnection
from armillary.serialization import encode_json

from ._disconnect import run_until, send_raises_after_disconnect, until_disconnect
from ._response import Background
from ._streaming import StreamingResponse

if TYPE_CHECKING:
    from anyio import Event

_LINE_ENDS = frozenset("\r\n\0")


def _lines(text: str) -> list[str]:
    # The three line endings of the format; str.splitlines splits at others too.
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _checked(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{field}={value!r} must be text, not {type(value).__name__}")
    if not value.isprintable() and not _LINE_ENDS.isdisjoint(value):
        raise ValueError(f"{field}={value!r} contains CR, LF or NUL, which would end the field; it must be one line")
    return value


def _checked_retry(name: str, value: int | None) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError(f"{name}={value!r} must be a whole number of milliseconds, 0 or more")
    return value


class ServerSentEvent:
    """One event of a stream.

    Args:
        data: text with any number of lines; anything else but None is sent as JSON. None is no data; with an
            `event` it is an empty line, since browsers dispatch no event without data.
        event: the event's type, which the browser dispatches; "message" if absent.
        id: text or a whole number; becomes the `Last-Event-ID` of a reconnecting browser.
        retry: milliseconds after which the browser should reconnect.
        comment: a line browsers ignore.

    Raises:
        TypeError: `event` is not text, or `id` neither text nor a whole number.
        ValueError: `event` or `id` contains CR, LF or NUL; `retry` is not a whole number.

    >>> ServerSentEvent("one\\ntwo", event="news", id="7").encode()
    b'event: news\\nid: 7\\ndata: one\\ndata: two\\n\\n'
    """

    __slots__ = ("_comment", "_event", "_id", "_retry", "data")

    def __init__(
        self,
        data: Any = None,
        *,
        event: str | None = None,
        id: str | int | None = None,
        retry: int | None = None,
        comment: str | None = None,
    ) -> None:
        self.data = data
        self._event = event if event is None else _checked("event", event)
        self._id = id if id is None else _checked("id", str(id) if type(id) is int else id)
        self._retry = retry if retry is None else _checked_retry("retry", retry)
        self._comment = comment

    def __repr__(self) -> str:
        fields = (("event", self._event), ("id", self._id), ("retry", self._retry), ("comment", self._comment))
        parts = [repr(self.data), *(f"{name}={value!r}" for name, value in fields if value is not None)]
        return f"{type(self).__name__}({', '.join(parts)})"

    @property
    def event(self) -> str | None:
        """The event's type."""
        return self._event

    @property
    def id(self) -> str | None:
        """The event's id."""
        return self._id

    def encode(self) -> bytes:
        """Return the event as it is sent, including its blank line."""
        # The fields were checked when they were set, and are read-only.
        text = ""
        if self._comment is not None:
            text = "".join([f": {line}\n" for line in _lines(self._comment)])
        if self._event is not None:
            text += f"event: {self._event}\n"
        if self._id is not None:
            text += f"id: {self._id}\n"
        if self._retry is not None:
            text += f"retry: {self._retry}\n"
        return _with_data(text, "" if self.data is None and self._event is not None else self.data)


def _with_data(text: str, data: Any) -> bytes:
    if isinstance(data, str):
        if "\n" in data or "\r" in data:
            data = "\ndata: ".join(_lines(data))
        return f"{text}data: {data}\n\n".encode()
    if data is None:
        return f"{text}\n".encode()
    return b"%sdata: %s\n\n" % (text.encode(), encode_json(data))


def last_event_id(connection: HTTPConnection) -> str | None:
    """Return the id of the last event a reconnecting client received, None if it names none.

    Args:
        connection: the request.

    Browsers send it in UTF-8; bytes that are not UTF-8 are replaced.

    >>> last_event_id(HTTPConnection({"type": "http", "headers": [(b"last-event-id", b"7")]}))
    '7'
    """
    headers: Iterable[tuple[bytes, bytes]] = connection.scope["headers"]
    for name, value in headers:
        if name == b"last-event-id":
            return value.decode("utf-8", "replace") or None
    return None


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

    media_type = "text/event-stream"
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
        if isinstance(content, str | bytes):
            raise TypeError("EventSourceResponse takes an iterable of events, not one event; wrap it in a list")
        super().__init__(content, status_code, headers, background=background)
        self.ping = ping
        self.retry = _checked_retry("retry", retry)
        self.stop_retry = _checked_retry("stop_retry", stop_retry)
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
        return _with_data("", "null" if part is None else part)

    async def send_content(self, scope: Scope, receive: Receive, send: Send, with_trailers: bool = False) -> None:
        """Send the events, with pings between them, until they end, the client disconnects or the server stops."""
        record = find_scope_record(scope)
        stopping = None if record is None else record.get("stopping")
        if self.retry is not None:
            await self.send_message(send, b"retry: %d\n\n" % self.retry, True)
        if stopping is not None and stopping.is_set():
            await self._send_stop(send)
            return
        waits: list[Callable[[], Awaitable[None]]] = []
        work = partial(self.send_body, send)
        if self.ping is not None:
            pinger = _Pinger(send)
            waits.append(partial(pinger.run, self.ping, self.ping_body))
            work = partial(self.send_body, pinger.send)
        if not send_raises_after_disconnect(scope):
            waits.append(partial(until_disconnect, scope, receive))
        if stopping is not None:
            waits.append(stopping.wait)
        if not waits:
            await work()
        elif await run_until(work, *waits) == len(waits) - 1 and stopping is not None:
            await self._send_stop(send)

    async def _send_stop(self, send: Send) -> None:
        await self.close_content()
        body = b"" if self.stop_retry is None else b"retry: %d\n\n" % self.stop_retry
        await self.send_message(send, body, False)
