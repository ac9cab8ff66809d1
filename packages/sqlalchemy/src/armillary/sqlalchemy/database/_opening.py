"""What is checked when a database is opened."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from armillary.asgi_types import HTTPException

from .._errors import DatabaseError

CONNECTION_ERRORS: Final = (HTTPException, SQLAlchemyError, OSError)
"""What is raised when there is no connection."""


async def require_tables(connection: AsyncConnection, metadata: MetaData, url: str) -> None:
    """Raise a DatabaseError that names the tables which do not exist."""

    def missing_tables(sync_connection: Connection) -> list[str]:
        found = inspect(sync_connection)
        tables = metadata.sorted_tables
        return [table.fullname for table in tables if not found.has_table(table.name, schema=table.schema)]

    missing = await connection.run_sync(missing_tables)
    if missing:
        raise DatabaseError(
            f"the database {url} has no table {', '.join(missing)}: run the migrations, "
            "or `await database.create_tables()` before"
        )


def unusable(url: str, exc: Exception) -> DatabaseError:
    """Return the error to raise at the start of a program that cannot connect."""
    cause = exc.__cause__ or exc
    first_line = (str(cause) or type(cause).__name__).splitlines()[0]
    return DatabaseError(
        f"the database {url} cannot be used: {first_line}; "
        "check host, port, name, user and password, and that the server runs"
    )
