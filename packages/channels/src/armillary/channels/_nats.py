"""The engine on NATS with JetStream: one stream for all channels, a subject for each. Needs asyncio."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig
from nats.js.errors import NotFoundError

from ._broker import BrokerEngine
from ._engine import Page, Settings
from ._message import ChannelMessage, Position
from ._nats_history import FAILURES, NATSHistory, message_of
from ._nats_subjects import subject_of

T = TypeVar("T")

_CHECK_SECONDS = 1.0


class NATSEngine(BrokerEngine):
    """Serves all processes that use one NATS server, or cluster, and prefix.

    Publishing is acknowledged by the stream, which recognizes a repeated attempt by its `Nats-Msg-Id`. Live messages
    come through a consumer for each name, which starts at the newest; after a break subscribers read on from the
    stream.

    Args:
        url: as nats-py takes it.
        settings: what all engines share.
    """

    name = "nats"
    title = "NATS"
    failures = no_connection = FAILURES
    max_size = 512 * 1024

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(url, settings)
        self._stream = settings.prefix
        self._epoch = 0
        self._consumers: dict[str, Any] = {}
        self._client: Any = None
        self._jetstream: Any = None
        self._closed = asyncio.Event()
        self._waiting: set[asyncio.Timeout] = set()

    # Starting and ending

    async def _close(self) -> None:
        self._consumers.clear()
        await self._disconnect()

    async def _connect(self) -> None:
        await self._in_time(self._open())

    async def _open(self) -> None:
        self._closed = closed = asyncio.Event()

        async def ended() -> None:
            closed.set()

        async def failed(exc: Exception) -> None:
            return  # the end of the connection follows, or a lost message, which its number shows

        client: Any = Client()
        try:
            # It connects once: what follows a break is the same for every engine.
            await client.connect(
                self._url,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=max(1, round(self.settings.timeout)),
                ping_interval=2,
                max_outstanding_pings=2,
                closed_cb=ended,
                disconnected_cb=ended,
                error_cb=failed,
            )
            jetstream = client.jetstream(timeout=self.settings.timeout)
            await self._prepare_stream(jetstream)
            await client.subscribe(f"{self._stream}.signals", cb=self._take_signal)
            self._client, self._jetstream = client, jetstream
            for name in list(self._consumers):
                self._consumers[name] = await self._consume(name)
        except BaseException:
            await self._close_client(client)
            raise

    async def _prepare_stream(self, jetstream: Any) -> None:
        config = StreamConfig(
            name=self._stream,
            subjects=[f"{self._stream}.m.>"],
            max_msgs_per_subject=self.settings.history,
            max_age=self.settings.history_seconds,
            duplicate_window=min(120, self.settings.history_seconds),
        )
        try:
            info = await jetstream.stream_info(self._stream)
        except NotFoundError:
            info = await jetstream.add_stream(config)
        else:
            if info.config.max_msgs_per_subject != config.max_msgs_per_subject or info.config.max_age != config.max_age:
                info = await jetstream.update_stream(config)
        self._epoch = _microseconds(info.created)

    async def _disconnect(self) -> None:
        self._give_up_waiting()
        client, self._client = self._client, None
        if client is not None:
            await self._close_client(client)

    async def _close_client(self, client: Any) -> None:
        """Close a connection; without a response to what is still to be written, leave it."""
        with suppress(*FAILURES):
            await self._in_time(client.close())

    async def _receive(self) -> None:
        """Wait for the end of the connection: the client calls for each message."""
        while self._client.is_connected and not self._closed.is_set():
            # It may never say that it ended: before it does, it waits for its last writes.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._closed.wait()

    # Live messages

    async def _take_signal(self, message: Any) -> None:
        if self._deliveries is not None:
            self._deliveries.receive_signal(message.data)

    async def _consume(self, name: str) -> Any:
        last = 0

        async def take(message: Any) -> None:
            nonlocal last
            number = message.metadata.sequence.consumer
            if self._deliveries is not None:
                if number != last + 1:
                    self._deliveries.restore()  # the client's own buffer was full
                self._deliveries.deliver(name, message_of(message, self._epoch))
            last = number

        config = ConsumerConfig(deliver_policy=DeliverPolicy.NEW, ack_policy=AckPolicy.NONE)
        return await self._jetstream.subscribe(subject_of(self._stream, name), cb=take, config=config, manual_ack=True)

    async def listen(self, name: str) -> None:
        """Make a consumer; while the server is away, the next connection does."""
        self._consumers[name] = None
        if self.available:
            try:
                self._consumers[name] = await self._in_time(self._consume(name))
            except FAILURES as exc:
                del self._consumers[name]
                raise self._unavailable(exc) from exc

    def unlisten(self, name: str) -> None:
        """Let the server drop the consumer soon."""
        consumer = self._consumers.pop(name, None)
        if consumer is not None:
            self._soon(lambda: _unsubscribe(consumer))

    # Publishing and history

    async def publish(self, channel: str, payload: bytes) -> Position:
        """Append, and wait for the stream to acknowledge it; repeat it while the server is away."""
        subject = subject_of(self._stream, channel)
        headers = {"Nats-Msg-Id": uuid.uuid4().hex}

        async def attempt(_: bool) -> int:
            acknowledged = await self._in_time(self._jetstream.publish(subject, payload, headers=headers))
            number: int = acknowledged.seq
            return number

        return self._epoch, await self._repeated(attempt)

    async def signal(self, payload: bytes) -> None:
        """Publish outside the stream."""
        if not self.available:
            raise self._unavailable(ConnectionError("not connected"))
        await self._once(lambda: self._in_time(self._client.publish(f"{self._stream}.signals", payload)))

    async def position(self) -> Position:
        """Return the position of the newest message."""
        info = await self._repeated(lambda _: self._in_time(self._jetstream.stream_info(self._stream)))
        return _microseconds(info.created), info.state.last_seq

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the stream from a position on."""

        async def attempt(_: bool) -> Page:
            lost = after[0] != self._epoch
            number = 0 if lost else after[1]
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=number + 1)
            messages = await self._history().fetch(name, config, limit + 1)
            complete = not lost and await self._in_time(self._history().is_complete(name, number))
            return Page(messages[:limit], len(messages) > limit, complete)

        return await self._repeated(attempt)

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Read the end of the stream."""
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
        if seconds is not None:
            begin = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=begin)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        found = await self._repeated(lambda _: self._history().fetch(name, config, None))
        return found[-limit:]

    def _history(self) -> NATSHistory:
        return NATSHistory(self._jetstream, self._stream, self._epoch, self.settings, self._in_time)

    async def _in_time(self, call: Awaitable[T]) -> T:
        """Bound one call, since the client's own time-outs do not cover its writes."""
        async with asyncio.timeout(self.settings.timeout) as waiting:
            self._waiting.add(waiting)
            try:
                return await call
            finally:
                self._waiting.discard(waiting)

    def _give_up_waiting(self) -> None:
        """End the calls whose response does not come, as their connection has ended: the client lets them wait."""
        now = asyncio.get_running_loop().time()
        for waiting in self._waiting:
            if not waiting.expired():
                waiting.reschedule(now)


def _microseconds(created: Any) -> int:
    if isinstance(created, str):
        created = datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", created).replace("Z", "+00:00"))
    return int(created.timestamp() * 1_000_000)


async def _unsubscribe(consumer: Any) -> None:
    with suppress(*FAILURES):
        await consumer.unsubscribe()
