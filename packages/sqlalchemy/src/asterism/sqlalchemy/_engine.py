"""Engines for a URL, and for how a transaction is to run."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from . import _engine_events as events
from ._options import TransactionOptions
from ._pool import AnsweringPool


class PoolSettings(NamedTuple):
    """How many connections there may be, and how long to wait for one; seconds."""

    size: int
    overflow: int
    timeout: float
    recycle: float
    connect_timeout: float

    def checked(self) -> PoolSettings:
        """Return them, or raise a ValueError that names the wrong one."""
        for name, value, least in (("pool_size", self.size, 1), ("max_overflow", self.overflow, 0)):
            if not isinstance(value, int) or value < least:  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValueError(f"{name} is a number of connections, at least {least}; got {value!r}")
        for name, seconds in (
            ("pool_timeout", self.timeout),
            ("pool_recycle", self.recycle),
            ("connect_timeout", self.connect_timeout),
        ):
            if not seconds > 0:
                raise ValueError(f"{name} is in seconds, above 0; got {seconds!r}")
        return self


def new_engine(url: URL, pool: PoolSettings, options: dict[str, Any]) -> AsyncEngine:
    """Return an engine. A database in memory has one connection, which requests take in turn."""
    arguments: dict[str, Any] = {
        "poolclass": AnsweringPool,
        "pool_timeout": pool.timeout,
        "connect_args": connect_arguments(url, pool.connect_timeout),
    }
    if is_in_memory(url):
        arguments |= {"pool_size": 1, "max_overflow": 0}
    else:
        arguments |= {
            "pool_size": pool.size,
            "max_overflow": pool.overflow,
            "pool_recycle": pool.recycle,
            "pool_pre_ping": url.get_backend_name() != "sqlite",
        }
    return create_async_engine(url, **{**arguments, **options})


def is_in_memory(url: URL) -> bool:
    """Tell whether a database lives in memory alone.

    >>> from sqlalchemy.engine import make_url
    >>> is_in_memory(make_url("sqlite://")), is_in_memory(make_url("sqlite:///file.db"))
    (True, False)
    """
    if url.get_backend_name() != "sqlite":
        return False
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def connect_arguments(url: URL, timeout: float) -> dict[str, Any]:
    """Return what bounds the time to connect, as the driver calls it."""
    driver = url.drivername.partition("+")[2]
    if driver in ("aiosqlite", "asyncpg"):
        return {"timeout": timeout}
    if driver in ("psycopg", "asyncmy"):
        return {"connect_timeout": math.ceil(timeout)}
    return {}


def execution_options(options: TransactionOptions, backend: str) -> dict[str, Any]:
    """Return what an engine must know for its transactions to run in this way."""
    chosen: dict[str, Any] = {}
    if options.isolation_level is not None and backend != "sqlite":
        chosen["isolation_level"] = options.isolation_level
    if options.read_only:
        chosen[events.READ_ONLY] = True
        if backend == "postgresql":
            chosen["postgresql_readonly"] = True
    if options.reads_first:
        chosen[events.READS_FIRST] = True
    if options.statement_timeout is not None:
        chosen[events.STATEMENT_TIMEOUT] = options.statement_timeout
    return chosen
