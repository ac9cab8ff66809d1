"""Messages recorded in a transaction, to be delivered if and only if it commits."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncSession

from .._event_loop import require_asyncio
from ..database._database import Database
from ._unique_insert import check_text, digest_of, insert_unless_there

OUTBOXES_KEY = "armillary_outbox_wakes"


class OutboxMessage(NamedTuple):
    """A recorded message.

    Attributes:
        id: its number; messages are delivered roughly in this order.
        key: the same for every delivery of this message. A receiver that stores keys can
            drop duplicates, since a message may be delivered more than once.
        topic: what kind of message it is.
        payload: what was recorded, decoded from JSON.
        attempts: deliveries that failed before.
    """

    id: int
    key: str
    topic: str
    payload: Any
    attempts: int


class Outbox:
    """A table of messages to deliver.

    Args:
        database: the one whose transactions record messages.
        table: the table's name, "armillary_outbox" by default.
        metadata: where to put the table, for migrations and `create_tables`; by default a separate one.

    Attributes:
        table: the SQLAlchemy table.
    """

    def __init__(
        self, database: Database, table: str = "armillary_outbox", metadata: sa.MetaData | None = None
    ) -> None:
        self.database = database
        self.metadata: sa.MetaData = sa.MetaData() if metadata is None else metadata
        self._wakes: list[Callable[[], None]] = []
        self.table: sa.Table = sa.Table(
            table,
            self.metadata,
            sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("key", sa.String(200), nullable=False),
            # Unique in place of the key itself: a database may compare text by the rules of a language.
            sa.Column("key_digest", sa.String(64), nullable=False, unique=True),
            sa.Column("topic", sa.String(200), nullable=False),
            sa.Column("payload", sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
            sa.Column("recorded", sa.Double, nullable=False),
            sa.Column("attempts", sa.Integer, nullable=False),
            sa.Column("due", sa.Double, nullable=True, index=True),
            sa.Column("claim", sa.String(32), nullable=True, index=True),
            sa.Column("delivered", sa.Double, nullable=True, index=True),
            sa.Column("error", sa.String(500), nullable=True),
            mysql_charset="utf8mb4",
            mariadb_charset="utf8mb4",
        )

    async def create_table(self) -> None:
        """Create the table if it is missing; programs with migrations create it there."""
        require_asyncio("Outbox")
        async with self.database.engine.begin() as connection:
            await connection.run_sync(self.table.create, checkfirst=True)

    async def record(self, session: AsyncSession, topic: str, payload: Any, *, key: str | None = None) -> bool:
        """Record a message in the session's transaction.

        Args:
            session: whose transaction decides whether the message is delivered.
            topic: what kind of message it is, up to 200 characters.
            payload: anything that can be encoded as JSON.
            key: up to 200 characters, by default a random one. A second message with the same key,
                byte for byte, is not recorded. If another transaction is recording it, this one waits
                for its end.

        Returns:
            Whether it was recorded; False if the key was there already.

        Raises:
            TypeError, ValueError: the payload cannot be encoded as JSON, topic or key are too long.
            DataError: topic or key cannot be stored, such as a lone surrogate.
        """
        check_text("topic", topic)
        if key is not None:
            check_text("key", key)
        now, key = time.time(), key or secrets.token_hex(16)
        values = {
            "key": key,
            "key_digest": digest_of(key),
            "topic": topic,
            "payload": json.dumps(payload, allow_nan=False),
            "recorded": now,
            "attempts": 0,
            "due": now,
        }
        recorded = await insert_unless_there(await session.connection(), self.table, values)
        if recorded:
            self._wake_after_commit(session)
        return recorded

    def _wake_after_commit(self, session: AsyncSession) -> None:
        listening: list[Outbox] = session.info.setdefault(OUTBOXES_KEY, [])
        if self not in listening:
            listening.append(self)
            event.listen(session.sync_session, "after_commit", self._wake)

    def _wake(self, _: object) -> None:
        for wake in self._wakes:
            wake()

    # -- for relays ----------------------------------------------------------------------------

    async def claim(self, count: int, lease: float) -> list[OutboxMessage]:
        """Claim messages that are due, so that no other process gets them for `lease` seconds.

        A message that is neither acknowledged nor postponed in that time is due again.
        """
        table, now, claim = self.table.c, time.time(), secrets.token_hex(16)
        due = (
            sa.select(table.id)
            .where(table.due <= now)
            .order_by(table.id)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        async with self.database.transaction(isolation_level="READ COMMITTED") as session:
            connection = await session.connection()
            ids = list(await connection.scalars(due))
            if not ids:
                return []
            await connection.execute(self.table.update().where(table.id.in_(ids)).values(claim=claim, due=now + lease))
            rows = await connection.execute(
                sa.select(table.id, table.key, table.topic, table.payload, table.attempts)
                .where(table.id.in_(ids))
                .order_by(table.id)
            )
            return [OutboxMessage(row.id, row.key, row.topic, json.loads(row.payload), row.attempts) for row in rows]

    async def acknowledge(self, message: OutboxMessage) -> None:
        """Record that a message was delivered. Its key is kept until `forget_delivered`."""
        await self._update(message, due=None, delivered=time.time(), claim=None, error=None)

    async def postpone(self, message: OutboxMessage, delay: float, reason: str) -> None:
        """Record that a delivery failed; the message is due again after `delay` seconds."""
        due = time.time() + delay
        readable = reason.encode("ascii", "backslashreplace").decode().replace("\0", r"\x00")
        await self._update(message, due=due, attempts=message.attempts + 1, claim=None, error=readable[:500])

    async def _update(self, message: OutboxMessage, **values: Any) -> None:
        async with self.database.transaction() as session:
            connection = await session.connection()
            await connection.execute(self.table.update().where(self.table.c.id == message.id).values(**values))

    async def next_due(self) -> float | None:
        """Return the seconds until the next message is due, 0 if one is, None if there is none."""
        async with self.database.transaction(read_only=True) as session:
            due = await session.scalar(sa.select(sa.func.min(self.table.c.due)))
        return None if due is None else max(0.0, due - time.time())

    async def pending(self) -> int:
        """Return how many messages are yet to be delivered."""
        async with self.database.transaction(read_only=True) as session:
            query = sa.select(sa.func.count()).select_from(self.table).where(self.table.c.delivered.is_(None))
            return int(await session.scalar(query) or 0)

    async def forget_delivered(self, older_than: float = 7 * 24 * 60 * 60) -> int:
        """Remove messages delivered longer ago than this many seconds; return how many."""
        async with self.database.transaction() as session:
            connection = await session.connection()
            old = self.table.c.delivered < time.time() - older_than
            result: Any = await connection.execute(self.table.delete().where(old))
            return int(result.rowcount)
