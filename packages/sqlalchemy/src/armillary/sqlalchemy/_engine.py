"""Engines for a URL and for the options of a transaction."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, QueuePool, SingletonThreadPool, StaticPool

from . import _engine_events as events
from ._options import TransactionOptions


class PoolSettings(NamedTuple):
    """How many connections there may be, and how long to wait for one; seconds."""

    size: int
    overflow: int
    timeout: float | None
    recycle: float
    connect_timeout: float

    def checked(self) -> PoolSettings:
        """Return them, or raise a ValueError that names the wrong one."""
        for name, value, least in (("pool_size", self.size, 1), ("max_overflow", self.overflow, 0)):
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} is a number of connections, at least {least}; got {value!r}")
        for name, seconds in (
            ("pool_timeout", self.timeout),
            ("pool_recycle", self.recycle),
            ("connect_timeout", self.connect_timeout),
        ):
            if seconds is None and name == "pool_timeout":
                continue
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise ValueError(f"{name} is in seconds, above 0; got {seconds!r}")
        if math.isinf(self.connect_timeout):
            raise ValueError("connect_timeout is in seconds, which drivers count in whole numbers; got inf")
        return self


def new_engine(url: URL, pool: PoolSettings, options: dict[str, Any]) -> AsyncEngine:
    """Return an engine; `options` take precedence.

    A database in memory has one connection, which requests use in turn.
    """
    given: dict[str, Any] = options.get("connect_args") or {}
    arguments: dict[str, Any] = {"poolclass": AsyncAdaptedQueuePool, **queue_settings(url, pool, options)}
    if not is_in_memory(url):
        arguments |= {"pool_recycle": pool.recycle, "pool_pre_ping": url.get_backend_name() != "sqlite"}
    arguments |= options
    arguments["connect_args"] = {**connect_arguments(url, pool.connect_timeout), **given}
    return create_async_engine(url, **arguments)


def queue_settings(url: URL, pool: PoolSettings, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the pool, none if it is not a queue."""
    if not issubclass(options.get("poolclass", AsyncAdaptedQueuePool), QueuePool):
        return {}
    size, overflow = (1, 0) if is_in_memory(url) else (pool.size, pool.overflow)
    settings: dict[str, Any] = {"pool_size": size, "max_overflow": overflow}
    if pool.timeout is not None:
        settings["pool_timeout"] = pool.timeout
    return settings | {name: options[name] for name in settings.keys() & options.keys()}


def limit_of(settings: dict[str, Any]) -> int | None:
    """Return how many connections a pool of these settings has at most, None if there is no limit.

    >>> limit_of({"pool_size": 5, "max_overflow": 10}), limit_of({"pool_size": 5, "max_overflow": -1})
    (15, None)
    """
    size, overflow = settings.get("pool_size", 0), settings.get("max_overflow", 0)
    return size + overflow if size > 0 and overflow >= 0 else None


def require_separate_connections(pool: Pool) -> None:
    """Raise a ValueError for a pool that gives one connection to several transactions at once."""
    if isinstance(pool, StaticPool | SingletonThreadPool):
        raise ValueError(
            f"url: the engine's {type(pool).__name__} gives all requests the same connection at once, so that one "
            'would undo what another one did; write Database("sqlite://"), whose connection they use in turn, or '
            "make the engine with poolclass=AsyncAdaptedQueuePool, pool_size=1, max_overflow=0"
        )


def is_in_memory(url: URL) -> bool:
    """Return whether a database is in memory only.

    >>> from sqlalchemy.engine import make_url
    >>> is_in_memory(make_url("sqlite://")), is_in_memory(make_url("sqlite:///file.db"))
    (True, False)
    """
    if url.get_backend_name() != "sqlite":
        return False
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def connect_arguments(url: URL, timeout: float) -> dict[str, Any]:
    """Return the time-out to connect, under the driver's name for it."""
    driver = url.drivername.partition("+")[2]
    if driver in ("aiosqlite", "asyncpg"):
        return {"timeout": timeout}
    if driver in ("psycopg", "asyncmy"):
        return {"connect_timeout": math.ceil(timeout)}
    return {}


def execution_options(options: TransactionOptions, backend: str) -> dict[str, Any]:
    """Return the execution options for an engine whose transactions run with `options`."""
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
