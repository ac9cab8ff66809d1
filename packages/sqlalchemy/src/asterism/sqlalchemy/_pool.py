"""Pools whose failures have an answer."""

from __future__ import annotations

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from ._errors import DatabaseUnavailable, PoolExhausted


class AnsweringPool(AsyncAdaptedQueuePool):
    """A queue pool that raises `PoolExhausted` and `DatabaseUnavailable`, which become a 503."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, waiting for one no longer than the pool's time-out."""
        try:
            return super().connect()
        except PoolTimeout as exc:
            raise PoolExhausted from exc
        except OSError as exc:  # a driver that lets the socket's error through
            raise DatabaseUnavailable from exc
