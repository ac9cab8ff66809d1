"""Insert a row unless there is one with its key, in any of the databases; the transaction goes on."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

LONGEST_KEY = 200


def check_text(name: str, text: object) -> None:
    """Raise unless a key or topic has 1 to 200 characters."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is text, got {text!r}")
    if not 0 < len(text) <= LONGEST_KEY:
        raise ValueError(f"{name} has 1 to {LONGEST_KEY} characters, got {len(text)}")


def digest_of(key: str) -> str:
    """Return what is unique in place of a key: a database may compare text by the rules of a language."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


async def insert_unless_there(connection: AsyncConnection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert a row, or return False if its `key_digest` is there.

    If another transaction is inserting it, this one waits for the end of that.
    """
    name = connection.dialect.name
    if name in ("postgresql", "sqlite"):
        insert: Any = postgresql.insert(table) if name == "postgresql" else sqlite.insert(table)
        unless_there = insert.on_conflict_do_nothing(index_elements=[table.c.key_digest])
        result = await connection.execute(unless_there.values(values).returning(table.c.key_digest))
        return result.first() is not None
    try:
        await connection.execute(sa.insert(table).values(values))
    except IntegrityError:
        # The row may be newer than the transaction's snapshot, so it is read with a lock.
        same_key = sa.select(table.c.key_digest).where(table.c.key_digest == values["key_digest"])
        if await connection.scalar(same_key.with_for_update(read=True)) is None:
            raise
        return False
    return True
