"""The isolation level of a connection that returns to the pool, when its transaction has ended already."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Engine

from ._socket import sever


def listen_to_resets(engine: Engine) -> None:
    """Have a level that cannot be reset break the connection, and nothing else.

    What is raised there would make an error of a transaction that was committed, and SQLAlchemy would not return the
    connection to the pool.
    """
    dialect: Any = engine.dialect
    reset = dialect.reset_isolation_level

    def reset_or_sever(dbapi_connection: Any) -> None:
        try:
            reset(dbapi_connection)
        except asyncio.CancelledError as exc:
            sever(dbapi_connection.driver_connection)
            task = asyncio.current_task()
            if task is not None:  # cancelled at its next await instead
                task.uncancel()
                task.cancel(*exc.args)
        except Exception:  # the pool tests it before its next use, and replaces it
            sever(dbapi_connection.driver_connection)

    dialect.reset_isolation_level = reset_or_sever
