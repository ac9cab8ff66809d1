"""The engine on PostgreSQL: a table for the history, LISTEN/NOTIFY for the numbers of new messages. Needs asyncio."""

from __future__ import annotations

import re
import uuid
from typing import Any

from ._broker import BrokerEngine
from ._engine import Page, Settings
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches
from ._postgresql_connection import FAILURES, PostgreSQLConnection
from ._postgresql_tables import SWEEP, TABLES

_SILENCE_SECONDS = 2.0


class PostgreSQLEngine(BrokerEngine):
    """Serves all processes that use one database and prefix.

    NOTIFY carries numbers only, as its payload is limited to 8,000 bytes; each process reads the messages that it has
    subscribers for. The tables are made at the first start.

    Args:
        url: as libpq takes it.
        settings: what all engines share.
    """

    name = "postgresql"
    title = "PostgreSQL"
    failures = no_connection = FAILURES

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(url, settings)
        self._prefix = settings.prefix
        self._names: set[str] = set()
        self._epoch = 0
        self._listening = PostgreSQLConnection(url, settings.timeout)
        self._writer = PostgreSQLConnection(url, settings.timeout)
        self._reader = PostgreSQLConnection(url, settings.timeout)

    # Starting and ending

    async def _close(self) -> None:
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

    async def _disconnect(self) -> None:
        await self._listening.close()

    async def _receive(self) -> None:
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

        return self._epoch, await self._repeated(attempt)

    async def signal(self, payload: bytes) -> None:
        """Notify without history."""
        values = [f"{self._prefix}_signals", payload.decode()]
        await self._once(lambda: self._writer.execute("SELECT pg_notify(%s, %s)", values))

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
        return await self._repeated(lambda _: self._reader.execute(query, values))


def _condition(name: str) -> tuple[str, str]:
    if not is_pattern(name):
        return "channel = %s", name
    segments = ["[^:]+" if segment == "*" else re.escape(segment) for segment in name.split(":")]
    return "channel ~ %s", f"^{':'.join(segments)}$"
