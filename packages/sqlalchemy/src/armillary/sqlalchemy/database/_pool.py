"""The pool of connections of an engine: its settings, and how many are in use."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from sqlalchemy.engine import URL
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, QueuePool, SingletonThreadPool, StaticPool

from ._url import is_in_memory


class PoolStatus(NamedTuple):
    """Connections of a pool: in use, idle, and the most there may be (None: unknown)."""

    in_use: int
    idle: int
    limit: int | None


class Settings(NamedTuple):
    """How many connections there may be, and how long to wait for one and for a response; seconds."""

    size: int
    overflow: int
    timeout: float | None
    recycle: float
    connect_timeout: float
    operation_timeout: float

    def checked(self) -> Settings:
        """Return them, or raise a ValueError that names the wrong one."""
        for name, value, least in (("pool_size", self.size, 1), ("max_overflow", self.overflow, 0)):
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name} is a number of connections, at least {least}; got {value!r}")
        for name, seconds in (
            ("pool_timeout", self.timeout),
            ("pool_recycle", self.recycle),
            ("connect_timeout", self.connect_timeout),
            ("operation_timeout", self.operation_timeout),
        ):
            if seconds is None and name == "pool_timeout":
                continue
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise ValueError(f"{name} is in seconds, above 0; got {seconds!r}")
        if math.isinf(self.connect_timeout):
            raise ValueError("connect_timeout is in seconds, which drivers count in whole numbers; got inf")
        if math.isinf(self.operation_timeout):
            raise ValueError("operation_timeout is in seconds, after which a connection is closed; got inf")
        return self


def queue_settings(url: URL, settings: Settings, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the pool, none if it is not a queue."""
    if not issubclass(options.get("poolclass", AsyncAdaptedQueuePool), QueuePool):
        return {}
    size, overflow = (1, 0) if is_in_memory(url) else (settings.size, settings.overflow)
    chosen: dict[str, Any] = {"pool_size": size, "max_overflow": overflow}
    if settings.timeout is not None:
        chosen["pool_timeout"] = settings.timeout
    return chosen | {name: options[name] for name in chosen.keys() & options.keys()}


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
