"""The engine on PostgreSQL: a table for the history, LISTEN/NOTIFY for the numbers of new messages. Needs asyncio."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

from armillary.concurrency import require_asyncio

from ._asyncio import BackOff, end_task, first_attempts, repeat
from ._engine import Deliveries, Engine, Page, Settings
from ._engines import without_password
from ._errors import EngineUnavailable
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches
from ._postgresql_connection import FAILURES, PostgreSQLConnection
from ._postgresql_tables import SWEEP, TABLES

_SILENCE_SECONDS = 2.0


class PostgreSQLEngine(Engine):
    """Serves all processes that use one database and prefix.

    NOTIFY carries numbers only, as its payload is limited to 8,000 bytes; each process reads the messages that it has
    subscribers for. The tables are made at the first start.

    Args:
        url: as libpq takes it.
        settings: what all engines share.
    """

    name = "postgresql"

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(settings)
        self._address = without_password(url)
        self._prefix = settings.prefix
        self._names: set[str] = set()
        self._epoch = 0
        self._listening = PostgreSQLConnection(url, settings.timeout)
        self._writer = PostgreSQLConnection(url, settings.timeout)
        self._reader = PostgreSQLConnection(url, settings.timeout)
        self._task: asyncio.Task[None] | None = None
        self._deliveries: Deliveries | None = None

    # Starting and ending

    async def start(self, deliveries: Deliveries) -> None:
        """Make the tables unless they are there, and listen."""
        require_asyncio(f"the engine {self.name}", "under trio only memory:// works")
        self._deliveries = deliveries
        try:
            await first_attempts(self._prepare, self.settings.start_timeout, FAILURES)
        except FAILURES as exc:
            raise self._unavailable(exc) from exc
        self.available = True
        self._task = asyncio.create_task(self._receive())

    async def close(self) -> None:
        """End the connections."""
        task, self._task = self._task, None
        await end_task(task)
        self._names.clear()
        for connection in (self._listening, self._writer, self._reader):
            await connection.close()

    async def _prepare(self) -> None:
        """Make the tables, one process at a time: statements without values are one transaction."""
        lock = f"SELECT pg_advisory_xact_lock(hashtext('{self._prefix}_channels'));"
        await self._writer.execute(lock + TABLES.format(p=self._prefix, sweep=SWEEP))
        await self._connect()

    async def _connect(self) -> None:
        listening = self._listening
        await listening.execute(f"LISTEN {self._prefix}_live")
        await listening.execute(f"LISTEN {self._prefix}_signals")
        ((self._epoch,),) = await listening.execute(f"SELECT epoch FROM {self._prefix}_store")

    # Live messages

    async def _receive(self) -> None:
        """Receive for ever; connect again, with back-off, whenever the connection breaks."""
        back_off = BackOff()
        while True:
            try:
                await self._receive_live()
            except (*FAILURES, EngineUnavailable):
                self.available = False
                await self._listening.close()
            while not self.available:
                await back_off.pause()
                try:
                    await self._connect()
                except FAILURES:
                    continue
                back_off.reset()
                self.available = True
            if self._deliveries is not None:
                self._deliveries.restore()

    async def _receive_live(self) -> None:
        while True:
            numbers: list[int] = []
            for notify in await self._listening.notifications(_SILENCE_SECONDS):
                if notify.channel == f"{self._prefix}_signals":
                    if self._deliveries is not None:
                        self._deliveries.receive_signal(notify.payload.encode())
                    continue
                number, _, channel = notify.payload.partition(" ")
                if any(matches(name, channel) for name in self._names):
                    numbers.append(int(number))
            if numbers:
                await self._read(numbers)
            else:  # a server that is silent may be one that is not there
                await self._listening.execute("SELECT 1")

    async def _read(self, numbers: list[int]) -> None:
        query = f"SELECT id, channel, payload FROM {self._prefix}_messages WHERE id = ANY(%s) ORDER BY id"
        for row in await self._select(query, [numbers]):
            message = self._message(row)
            if self._deliveries is not None:
                for name in list(self._names):
                    if matches(name, message.channel):
                        self._deliveries.deliver(name, message)

    async def listen(self, name: str) -> None:
        """Read the messages of a name from now on."""
        self._names.add(name)

    def unlisten(self, name: str) -> None:
        """Read them no more."""
        self._names.discard(name)

    # Publishing and history

    async def publish(self, channel: str, payload: bytes) -> Position:
        """Insert and notify in one transaction; repeat it while the server is away."""
        settings = self.settings
        token = uuid.uuid4().hex
        query = f"SELECT {self._prefix}_publish(%s, %s, %s, %s, %s, %s)"

        async def attempt(repeated: bool) -> int:
            values = [channel, payload.decode(), token, repeated, settings.history, settings.history_seconds]
            rows = await self._writer.execute(query, values)
            number: int = rows[0][0]
            return number

        try:
            return self._epoch, await repeat(attempt, settings.timeout, FAILURES)
        except FAILURES as exc:
            raise self._unavailable(exc) from exc

    async def signal(self, payload: bytes) -> None:
        """Notify without history."""
        try:
            await self._writer.execute("SELECT pg_notify(%s, %s)", [f"{self._prefix}_signals", payload.decode()])
        except FAILURES as exc:
            raise self._unavailable(exc) from exc

    async def position(self) -> Position:
        """Return the position of the newest message."""
        ((epoch, newest),) = await self._select(f"SELECT epoch, newest FROM {self._prefix}_store", [])
        self._epoch = epoch
        return epoch, newest

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the table from a position on."""
        lost = after[0] != self._epoch
        number = 0 if lost else after[1]
        where, value = _condition(name)
        dropped = await self._select(
            f"SELECT 1 FROM {self._prefix}_heads WHERE {where} AND dropped > %s LIMIT 1", [value, number]
        )
        query = (
            f"SELECT id, channel, payload FROM {self._prefix}_messages WHERE {where} AND id > %s ORDER BY id LIMIT %s"
        )
        messages = [self._message(row) for row in await self._select(query, [value, number, limit + 1])]
        return Page(messages[:limit], len(messages) > limit, not lost and not dropped)

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Read the end of the table."""
        age = min(seconds or self.settings.history_seconds, self.settings.history_seconds)
        where, value = _condition(name)
        query = (
            f"SELECT id, channel, payload FROM {self._prefix}_messages WHERE {where} "
            "AND at >= clock_timestamp() - make_interval(secs => %s) ORDER BY id DESC LIMIT %s"
        )
        return [self._message(row) for row in await self._select(query, [value, age, limit])][::-1]

    def _message(self, row: Any) -> ChannelMessage:
        return ChannelMessage(row[1], (self._epoch, row[0]), row[2])

    async def _select(self, query: str, values: list[Any]) -> list[Any]:
        async def attempt(repeated: bool) -> list[Any]:
            return await self._reader.execute(query, values)

        try:
            return await repeat(attempt, self.settings.timeout, FAILURES)
        except FAILURES as exc:
            raise self._unavailable(exc) from exc

    def _unavailable(self, exc: BaseException) -> EngineUnavailable:
        reason = str(exc).strip() or type(exc).__name__
        return EngineUnavailable(f"PostgreSQL at {self._address} cannot be used: {reason}")


def _condition(name: str) -> tuple[str, str]:
    if not is_pattern(name):
        return "channel = %s", name
    segments = ["[^:]+" if segment == "*" else re.escape(segment) for segment in name.split(":")]
    return "channel ~ %s", f"^{':'.join(segments)}$"
