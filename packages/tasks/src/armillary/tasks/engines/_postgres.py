"""PostgreSQL, by taskiq-postgres: a table of messages, and NOTIFY."""

from __future__ import annotations

import time
from typing import Any, Final

try:
    from taskiq_pg.asyncpg import AsyncpgBroker
except ImportError as exc:
    raise ImportError("tasks in PostgreSQL need taskiq-postgres: pip install 'armillary-tasks[postgres]'") from exc

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._envelope import Envelope
from .._state import State
from ._postgres_state import PostgresState, left_as_it_is, table_name

RENOTIFIED: Final = 20


class CheckedBroker(AsyncpgBroker):
    """A broker whose connection for notifications can be checked: it waits for ever on one that has ended."""

    async def check(self) -> None:
        """Raise if that connection has ended, or nothing comes through it."""
        connection: Any = self._read_conn
        if connection is None or connection.is_closed():
            raise ConnectionError("the connection that messages are notified on has ended")
        await connection.fetchval("SELECT 1")

    async def shutdown(self) -> None:
        """Close the connections; those of a server that does not respond are left."""
        try:
            await super().shutdown()
        except BaseException:
            for connections in (self._read_conn, self._write_pool):
                if connections is not None:
                    connections.terminate()
            raise


def postgres_engine(url: str, queue: str, lease: float, timeout: float) -> BrokerEngine:
    """Return an engine on a table of PostgreSQL."""
    channel = table_name(queue)
    messages = f"{channel}_messages"
    state = PostgresState(url, queue, timeout)
    limits = {"timeout": timeout, "command_timeout": timeout}
    seen: dict[int, float] = {}

    def make_broker() -> CheckedBroker:
        return CheckedBroker(
            url,
            channel_name=channel,
            table_name=messages,
            read_kwargs=limits,
            write_kwargs={"min_size": 0, "reset": left_as_it_is, **limits},
        )

    async def recover(_: State) -> None:
        """Deliver again what nobody has held for a lease, and what no listener was notified of; the broker does not."""
        nonlocal seen
        await state.remove_expired()
        now = time.monotonic()
        rows = await state.execute(f"SELECT id, message FROM {messages} WHERE status = 'processing'")
        seen = {row[0]: seen.get(row[0], now) for row in rows if not await is_held(row[1])}
        if orphans := [number for number, since in seen.items() if now - since >= lease]:
            await state.execute(
                f"UPDATE {messages} SET status = 'pending' WHERE id = ANY($1::int[]) AND status = 'processing'", orphans
            )
        # Who is notified twice claims a message once. A few at a time, as each listener remembers them all.
        await state.execute(
            f"SELECT pg_notify($1, id::text) FROM (SELECT id FROM {messages} WHERE status = 'pending' "
            f"AND created_at < now() - interval '1 second' ORDER BY id LIMIT {RENOTIFIED}) AS waiting",
            channel,
        )

    async def is_held(message: Any) -> bool:
        return await state.get(f"lease:{Envelope.decode(message).turn}") is not None

    name = f"PostgreSQL at {address_of(url)}"
    return BrokerEngine(make_broker, state, name, timeout, recover=recover, check=CheckedBroker.check)
