"""The engine of a URL, and those over its pool for the options of transactions."""

from __future__ import annotations

import math
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from .._options import TransactionOptions
from ..connections._execution_options import execution_options
from ..connections._keepalive import keep_alive, keep_alive_on_postgresql
from ._acquisition import Limits, with_limits
from ._pool import Settings, queue_settings
from ._url import is_in_memory

MAX_ENGINES: Final = 64
"""Engines cached, one for each set of options; a program that computes its time-outs may use any number."""

KEEPALIVE_SETTINGS: Final = ("keepalives", "tcp_user_timeout")
"""How the names of libpq's own settings begin."""


class OptionEngines:
    """Engines over one pool, one for each set of options of transactions.

    Args:
        engine: whose pool they use.
        limits: how long each may take to acquire a connection.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._engines: dict[TransactionOptions, AsyncEngine] = {}

    def __len__(self) -> int:
        return len(self._engines)

    def for_options(self, options: TransactionOptions) -> AsyncEngine:
        """Return the engine whose transactions run with these options."""
        engine = self._engines.get(options)
        if engine is None:
            chosen = execution_options(options, self._engine.dialect.name)
            engine = with_limits(self._engine.execution_options(**chosen), self._limits)
            if len(self._engines) >= MAX_ENGINES:
                self._engines.clear()
            self._engines[options] = engine
        return engine


def new_engine(url: URL, settings: Settings, options: dict[str, Any]) -> AsyncEngine:
    """Return an engine for a URL. A database in memory has one connection, which requests use in turn.

    Args:
        url: the database, with its driver.
        settings: of the pool, and after how many seconds either end gives up a connection whose packets are lost.
        options: arguments of `create_async_engine`, which take precedence.
    """
    given: dict[str, Any] = options.get("connect_args") or {}
    arguments: dict[str, Any] = {"poolclass": AsyncAdaptedQueuePool, **queue_settings(url, settings, options)}
    if not is_in_memory(url):
        arguments |= {"pool_recycle": settings.recycle, "pool_pre_ping": url.get_backend_name() != "sqlite"}
    arguments |= options
    own = connect_arguments(url, settings.connect_timeout)
    arguments["connect_args"] = {name: value for name, value in own.items() if name not in url.query} | given
    engine = create_async_engine(url, **arguments)
    if not any(name.startswith(KEEPALIVE_SETTINGS) for name in (*url.query, *given)):

        def connected(dbapi_connection: Any, record: object) -> None:
            keep_alive(dbapi_connection.driver_connection, settings.operation_timeout)
            if url.get_backend_name() == "postgresql":
                rejected = engine.dialect.loaded_dbapi.Error
                keep_alive_on_postgresql(dbapi_connection, settings.operation_timeout, rejected)

        event.listen(engine.sync_engine, "connect", connected)
    return engine


def connect_arguments(url: URL, timeout: float) -> dict[str, Any]:
    """Return the time-out to connect, under the driver's name for it."""
    driver = url.drivername.partition("+")[2]
    if driver in ("aiosqlite", "asyncpg"):
        return {"timeout": timeout}
    if driver in ("psycopg", "asyncmy"):
        return {"connect_timeout": math.ceil(timeout)}
    return {}
