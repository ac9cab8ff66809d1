"""Channels on one engine, as an application uses them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from armillary.datastructures import HTTPConnection

from ._checks import check_count, check_overflow, check_prefix, check_seconds, encode_value
from ._engine import Settings
from ._engines import make_engine
from ._hub import Hub
from ._message import ChannelMessage, format_cursor
from ._names import check_channel, check_pattern
from ._presence import Presence
from ._presence_hub import PresenceHub
from ._subscription import Overflow, SubscribeOptions, Subscription

if TYPE_CHECKING:
    from ._events import ChannelEvents


class Channels:
    """Publish/subscribe with history, replay and presence, on an engine that a URL names.

    Args:
        url: "memory://" (default) for one process; "redis://…", "nats://…" or "postgresql://…" for many.
        prefix: what the engine's keys, streams or tables begin with; 1 to 32 lower-case letters, digits and
            underscores. "channels" by default.
        history: messages kept of each channel, 1,000 by default.
        history_seconds: how long they are kept, 3,600 by default.
        queue: messages that may wait for one subscriber, 256 by default.
        overflow: what happens when one more comes: "close" (default) ends the subscription, "drop_oldest" and
            "drop_newest" leave a `Gap`.
        send_timeout: seconds that one send to a WebSocket or event stream may wait, 30 by default.
        timeout: seconds to wait for a response of the engine, 5 by default.
        start_timeout: seconds to go on trying when the engine cannot be reached at the start, 0 by default: it fails
            at once.

    Raises:
        TypeError, ValueError: an argument is not as described.
        ImportError: the engine's library is missing.

    The engine starts at the first use, or with `async with channels:`, or as an application's lifespan by
    `lifespan=channels.lifespan`; then an engine that cannot be reached fails the start with its address. All use is in
    one event loop at a time. Under trio only "memory://" works.
    """

    def __init__(
        self,
        url: str = "memory://",
        *,
        prefix: str = "channels",
        history: int = 1000,
        history_seconds: float = 3600.0,
        queue: int = 256,
        overflow: Overflow = "close",
        send_timeout: float = 30.0,
        timeout: float = 5.0,
        start_timeout: float = 0.0,
    ) -> None:
        check_prefix(prefix)
        check_count("history", history)
        check_seconds("history_seconds", history_seconds)
        check_seconds("timeout", timeout)
        check_seconds("start_timeout", start_timeout, or_zero=True)
        check_seconds("send_timeout", send_timeout)
        self._queue = check_count("queue", queue)
        self._overflow: Overflow = check_overflow(overflow)
        self.send_timeout = send_timeout
        settings = Settings(prefix, history, history_seconds, timeout, start_timeout)
        self._hub = Hub(make_engine(url, settings))
        self._presence = PresenceHub(self._hub)

    async def __aenter__(self) -> Self:
        await self._hub.started()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the subscriptions of this process, and its connections."""
        await self._presence.close()
        await self._hub.close()

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncGenerator[None]:
        """Start with an application and end with it: `Armillary(lifespan=channels.lifespan)`.

        Args:
            app: the application; not used.
        """
        async with self:
            yield

    @property
    def is_available(self) -> bool:
        """Whether the engine is connected; for readiness checks."""
        return self._hub.engine.available

    async def publish(self, channel: str, value: Any) -> str:
        """Send a value to all subscribers of a channel, and keep it in its history.

        Args:
            channel: the name, as "room:7": segments separated by colons.
            value: anything JSON can carry; it is encoded once.

        Returns:
            The cursor of the message.

        Raises:
            TypeError, ValueError: the value cannot be encoded, or the name is none.
            MessageTooLarge: its JSON is larger than the engine takes.
            EngineUnavailable: the engine did not take it within `timeout`. The attempt was repeated meanwhile, and
                the message is never kept twice.
        """
        check_channel(channel)
        payload = encode_value(value, self._hub.engine)
        engine = await self._hub.started()
        return format_cursor(await engine.publish(channel, payload), channel)

    def subscribe(
        self,
        name: str,
        *,
        after: str | None = None,
        last: int = 0,
        last_seconds: float | None = None,
        queue: int | None = None,
        overflow: Overflow | None = None,
    ) -> Subscription:
        """Return a subscription, for `async with`.

        Args:
            name: a channel, or a pattern with `*` for one segment: "room:*".
            after: a cursor; the subscription begins with what came after it.
            last: begin with so many messages of the history; 0 by default.
            last_seconds: begin with what is not older than this; at most `last` messages, or the whole history if
                that is 0.
            queue, overflow: as for the class.

        Raises:
            TypeError, ValueError: an argument is not as described.
            CursorError: (when entered) `after` is malformed, from the future, or of another channel.
            EngineUnavailable: (when entered) the engine cannot be reached.
        """
        check_pattern(name)
        if after is not None and (last or last_seconds is not None):
            raise ValueError("after= continues at a cursor, last= and last_seconds= begin with the newest; pass one")
        if last:
            check_count("last", last)
        if last_seconds is not None:
            check_seconds("last_seconds", last_seconds)
            last = last or self._hub.engine.settings.history
        return Subscription(
            self._hub,
            name,
            limit=self._queue if queue is None else check_count("queue", queue),
            overflow=self._overflow if overflow is None else check_overflow(overflow),
            after=after,
            last=last,
            seconds=last_seconds,
        )

    async def history(
        self, name: str, *, last: int | None = None, last_seconds: float | None = None
    ) -> list[ChannelMessage]:
        """Return the newest messages of a channel or pattern, oldest first.

        Args:
            name: a channel or pattern.
            last: at most so many; as many as a channel's history holds by default.
            last_seconds: no older than this; None for no limit.
        """
        check_pattern(name)
        limit = self._hub.engine.settings.history if last is None else check_count("last", last)
        if last_seconds is not None:
            check_seconds("last_seconds", last_seconds)
        return await (await self._hub.started()).recent(name, limit, last_seconds)

    def presence(self, room: str) -> Presence:
        """Return who is in a room, for joining and watching.

        Args:
            room: a name, as of a channel.
        """
        return Presence(self._presence, check_channel(room, "room"))

    async def websocket(
        self,
        websocket: Any,
        name: str,
        *,
        on_text: Callable[[str], Awaitable[object]] | None = None,
        cursors: bool = False,
        **options: Unpack[SubscribeOptions],
    ) -> None:
        """Carry a subscription over a WebSocket, until either ends.

        Args:
            websocket: of `armillary.websockets`, Starlette, FastAPI or Litestar; accepted here unless it was before.
            name: a channel or pattern.
            on_text: an async function called with each text message of the client; by default they are dropped.
            cursors: whether each message is an object of `channel`, `cursor` and `data`, so that the client can
                continue; by default it is the value alone.
            options: those of `subscribe`.

        A gap is sent as `{"gap": {"name": …, "reason": …, "count": …}}`. A client that does not keep up is closed with
        1013, a cursor that cannot be continued with 1008, and 1001 says that these channels ended.
        """
        from ._websocket import carry

        await carry(websocket, self.subscribe(name, **options), on_text, cursors, self.send_timeout)

    def events(self, request: HTTPConnection, name: str, **options: Unpack[SubscribeOptions]) -> ChannelEvents:
        """Return a response that carries a subscription as server-sent events; an ASGI application.

        Args:
            request: its `Last-Event-ID` is where the stream continues.
            name: a channel or pattern.
            options: those of `subscribe`; `last` and `last_seconds` are for a client without `Last-Event-ID`.

        Each event's id is the message's cursor, its data the value as JSON. A gap is an event of the type "gap". A
        cursor that cannot be continued gets 400.
        """
        from armillary.http import last_event_id

        from ._events import ChannelEvents

        after = last_event_id(request)
        if after is not None:
            options = {**options, "after": after, "last": 0, "last_seconds": None}
        return ChannelEvents(self.subscribe(name, **options), self.send_timeout)

    def event_stream(self, name: str, **options: Unpack[SubscribeOptions]) -> AsyncIterator[bytes]:
        """Return the events of `events` as bytes, for a streaming response of any framework.

        Args:
            name: a channel or pattern.
            options: those of `subscribe`; `after=request.headers.get("last-event-id")` continues.
        """
        from ._events import encoded_events

        return encoded_events(self.subscribe(name, **options))
