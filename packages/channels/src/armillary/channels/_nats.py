"""The engine on NATS with JetStream: one stream for all channels, a subject for each. Needs asyncio."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.errors import Error as NATSError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig
from nats.js.errors import NotFoundError

from armillary.concurrency import require_asyncio

from ._asyncio import BackOff, end_task, first_attempts, repeat
from ._engine import Deliveries, Engine, Page, Settings
from ._engines import without_password
from ._errors import EngineUnavailable
from ._message import ChannelMessage, Position
from ._names import is_pattern

T = TypeVar("T")

_FAILURES = (NATSError, OSError)
_BATCH = 500
_CHECK_SECONDS = 1.0
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_ENCODED = re.compile(r"=([0-9A-F]+);")


class NATSEngine(Engine):
    """Serves all processes that use one NATS server, or cluster, and prefix.

    Publishing is acknowledged by the stream, which recognizes a repeated attempt by its `Nats-Msg-Id`. Live messages
    come through a consumer for each name, which starts at the newest; after a break subscribers read on from the
    stream.

    Args:
        url: as nats-py takes it.
        settings: what all engines share.
    """

    name = "nats"
    max_size = 512 * 1024

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(settings)
        self._url = url
        self._address = without_password(url)
        self._stream = settings.prefix
        self._epoch = 0
        self._consumers: dict[str, Any] = {}
        self._client: Any = None
        self._jetstream: Any = None
        self._closed = asyncio.Event()
        self._waiting: set[asyncio.Timeout] = set()
        self._task: asyncio.Task[None] | None = None
        self._deliveries: Deliveries | None = None

    # Starting and ending

    async def start(self, deliveries: Deliveries) -> None:
        """Connect, and make the stream unless it is there."""
        require_asyncio(f"the engine {self.name}", "under trio only memory:// works")
        self._deliveries = deliveries
        try:
            await first_attempts(self._connect_in_time, self.settings.start_timeout, _FAILURES)
        except _FAILURES as exc:
            raise self._unavailable(exc) from exc
        self.available = True
        self._task = asyncio.create_task(self._stay_connected())

    async def close(self) -> None:
        """End the connection."""
        task, self._task = self._task, None
        await end_task(task)
        self._consumers.clear()
        await self._disconnect()

    async def _connect_in_time(self) -> None:
        await self._in_time(self._connect())

    async def _connect(self) -> None:
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
            await self._close(client)
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
        client, self._client = self._client, None
        if client is not None:
            await self._close(client)

    async def _close(self, client: Any) -> None:
        """Close a connection; without a response to what is still to be written, leave it."""
        with suppress(*_FAILURES):
            await self._in_time(client.close())

    async def _stay_connected(self) -> None:
        """Connect again, with back-off, whenever the connection has ended."""
        back_off = BackOff()
        while True:
            while self._client.is_connected and not self._closed.is_set():
                # It may never say that it ended: before it does, it waits for its last writes.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CHECK_SECONDS):
                        await self._closed.wait()
            self.available = False
            self._give_up_waiting()
            await self._disconnect()
            while not self.available:
                await back_off.pause()
                try:
                    await self._connect_in_time()
                except _FAILURES:
                    continue
                back_off.reset()
                self.available = True
            if self._deliveries is not None:
                self._deliveries.restore()

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
                self._deliveries.deliver(name, self._message(message))
            last = number

        config = ConsumerConfig(deliver_policy=DeliverPolicy.NEW, ack_policy=AckPolicy.NONE)
        return await self._jetstream.subscribe(self._subject(name), cb=take, config=config, manual_ack=True)

    async def listen(self, name: str) -> None:
        """Make a consumer; while the server is away, the next connection does."""
        self._consumers[name] = None
        if self.available:
            try:
                self._consumers[name] = await self._in_time(self._consume(name))
            except _FAILURES as exc:
                del self._consumers[name]
                raise self._unavailable(exc) from exc

    def unlisten(self, name: str) -> None:
        """Let the server drop the consumer soon."""
        consumer = self._consumers.pop(name, None)
        if consumer is not None and self._task is not None:
            self._task.get_loop().create_task(_unsubscribe(consumer))

    # Publishing and history

    async def publish(self, channel: str, payload: bytes) -> Position:
        """Append, and wait for the stream to acknowledge it; repeat it while the server is away."""
        subject = self._subject(channel)
        headers = {"Nats-Msg-Id": uuid.uuid4().hex}

        async def attempt(_: bool) -> int:
            acknowledged = await self._in_time(self._jetstream.publish(subject, payload, headers=headers))
            number: int = acknowledged.seq
            return number

        return self._epoch, await self._call(attempt)

    async def signal(self, payload: bytes) -> None:
        """Publish outside the stream."""
        if not self.available:
            raise self._unavailable(ConnectionError("not connected"))
        try:
            await self._in_time(self._client.publish(f"{self._stream}.signals", payload))
        except _FAILURES as exc:
            raise self._unavailable(exc) from exc

    async def position(self) -> Position:
        """Return the position of the newest message."""
        info = await self._call(lambda _: self._in_time(self._jetstream.stream_info(self._stream)))
        return _microseconds(info.created), info.state.last_seq

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the stream from a position on."""

        async def attempt(_: bool) -> Page:
            lost = after[0] != self._epoch
            number = 0 if lost else after[1]
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=number + 1)
            messages = await self._fetch(name, config, limit + 1)
            complete = not lost and await self._in_time(self._is_complete(name, number))
            return Page(messages[:limit], len(messages) > limit, complete)

        return await self._call(attempt)

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Read the end of the stream."""
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
        if seconds is not None:
            begin = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=begin)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        found = await self._call(lambda _: self._fetch(name, config, None))
        return found[-limit:]

    async def _fetch(self, name: str, config: Any, limit: int | None) -> list[ChannelMessage]:
        """Read up to `limit` messages through a consumer of its own."""
        config.ack_policy = AckPolicy.NONE
        config.inactive_threshold = 10
        in_time = self._in_time
        puller = await in_time(self._jetstream.pull_subscribe(self._subject(name), config=config))
        try:
            info = await in_time(puller.consumer_info())
            left = info.num_pending if limit is None else min(limit, info.num_pending)
            found: list[ChannelMessage] = []
            while left:
                batch = await in_time(puller.fetch(min(left, _BATCH), timeout=self.settings.timeout))
                found += [self._message(message) for message in batch]
                left -= len(batch)
            await in_time(self._jetstream.delete_consumer(self._stream, info.name))
            return found
        finally:
            with suppress(*_FAILURES):
                await in_time(puller.unsubscribe())

    async def _is_complete(self, name: str, number: int) -> bool:
        """Return whether nothing after a number was dropped; False too if the stream does not show it."""
        subject = self._subject(name)
        if not is_pattern(name):
            with suppress(NotFoundError):
                # Messages of one subject are dropped in order: if this one is there, all later ones are.
                if (await self._jetstream.get_msg(self._stream, number)).subject == subject:
                    return True
        info: Any = await self._jetstream.stream_info(self._stream, subjects_filter=subject)
        if info.state.first_seq > number + 1:
            return False  # what was before the first one was dropped, of whatever channel
        counts: dict[str, int] = info.state.subjects or {}
        for one, count in counts.items():
            if count >= self.settings.history:
                first = await self._jetstream.get_msg(self._stream, 1, one, next=True)
                if first.seq > number:
                    return False
        return True

    def _message(self, message: Any) -> ChannelMessage:
        channel = self._channel(message.subject)
        return ChannelMessage(channel, (self._epoch, message.metadata.sequence.stream), message.data.decode())

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

    async def _call(self, attempt: Callable[[bool], Awaitable[T]]) -> T:
        """Call until it succeeds; at most for the time-out."""
        try:
            return await repeat(attempt, self.settings.timeout, _FAILURES)
        except _FAILURES as exc:
            raise self._unavailable(exc) from exc

    def _unavailable(self, exc: BaseException) -> EngineUnavailable:
        return EngineUnavailable(f"NATS at {self._address} cannot be used: {str(exc) or type(exc).__name__}")

    # Subjects

    def _subject(self, name: str) -> str:
        tokens = [one if one == "*" else _UNSAFE.sub(_encode, one) for one in name.split(":")]
        return f"{self._stream}.m.{'.'.join(tokens)}"

    def _channel(self, subject: str) -> str:
        tokens = subject.split(".")[2:]
        return ":".join(_ENCODED.sub(lambda found: chr(int(found[1], 16)), token) for token in tokens)


def _encode(found: re.Match[str]) -> str:
    return f"={ord(found[0]):X};"


def _microseconds(created: Any) -> int:
    if isinstance(created, str):
        created = datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", created).replace("Z", "+00:00"))
    return int(created.timestamp() * 1_000_000)


async def _unsubscribe(consumer: Any) -> None:
    with suppress(*_FAILURES):
        await consumer.unsubscribe()
