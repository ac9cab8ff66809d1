"""Keys of what was done, each recorded in the transaction that does it: an effect happens once."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from .._event_loop import require_asyncio
from ..database._database import Database
from ._unique_insert import check_text, digest_of, insert_unless_there


class Inbox:
    """A table of keys of messages and tasks whose effects are in the database.

    What comes at least once, such as a task or a message of an outbox, has its effect exactly once if key and effect
    commit in one transaction: `if await inbox.record(session, current_task().id): ...`.

    Args:
        database: the one that the effects are in.
        table: the table's name, "armillary_inbox" by default.
        metadata: where to put the table, for migrations and `create_tables`; by default a separate one.

    Attributes:
        table: the SQLAlchemy table.
    """

    def __init__(self, database: Database, table: str = "armillary_inbox", metadata: sa.MetaData | None = None) -> None:
        self.database = database
        self.table: sa.Table = sa.Table(
            table,
            sa.MetaData() if metadata is None else metadata,
            sa.Column("key_digest", sa.String(64), primary_key=True),
            sa.Column("recorded", sa.Double, nullable=False, index=True),
            mysql_charset="utf8mb4",
            mariadb_charset="utf8mb4",
        )

    async def create_table(self) -> None:
        """Create the table if it is missing; programs with migrations create it there."""
        require_asyncio("Inbox")
        async with self.database.engine.begin() as connection:
            await connection.run_sync(self.table.create, checkfirst=True)

    async def record(self, session: AsyncSession, key: str) -> bool:
        """Record a key in the session's transaction.

        Args:
            session: whose transaction the effect is in. If it does not commit, the key is not there either.
            key: 1 to 200 characters, compared byte for byte: the id of a task, the key of a message. Programs that
                share a table put a name in front of it.

        Returns:
            Whether the effect is to happen; False if it has happened. If another transaction is recording the key,
            this one waits for its end.

        Raises:
            TypeError, ValueError: the key is no text, or is too long.
        """
        check_text("key", key)
        values = {"key_digest": digest_of(key), "recorded": time.time()}
        return await insert_unless_there(await session.connection(), self.table, values)

    async def forget(self, older_than: float = 7 * 24 * 60 * 60) -> int:
        """Remove keys recorded longer ago than this many seconds; return how many.

        What comes again after that has its effect again.
        """
        async with self.database.transaction() as session:
            connection = await session.connection()
            result: Any = await connection.execute(
                self.table.delete().where(self.table.c.recorded < time.time() - older_than)
            )
            return int(result.rowcount)
