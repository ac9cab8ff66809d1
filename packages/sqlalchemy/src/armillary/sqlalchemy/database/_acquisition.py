"""How a transaction gets its connection: in bounded time, with nothing left open when it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only, greenlet_spawn

from .._errors import DatabaseUnavailable, PoolExhausted
from .._shield import start_detached
from ..connections._deadline import NoResponse
from ..connections._fault import sqlstate

TAKEN: Final[ContextVar[PoolProxiedConnection | None]] = ContextVar("taken_connection", default=None)
"""The connection of the pool that is being prepared for its transaction."""


class Limits(NamedTuple):
    """Seconds to wait for a connection (None: as long as the engine waits), and to finish connecting after that."""

    wait: float | None
    connect: float


class Acquisition:
    """One attempt to get a connection, in a separate task.

    Attributes:
        contacting: whether the server is being contacted, to connect or to test a connection of the pool, rather
            than waiting for one to become free.
        handshakes: how many new connections were begun.
    """

    __slots__ = ("contacting", "handshakes", "limits")

    def __init__(self, limits: Limits) -> None:
        self.contacting = False
        self.handshakes = 0
        self.limits = limits

    async def run(self, connect: Callable[[], PoolProxiedConnection]) -> PoolProxiedConnection:
        """Take a connection from the pool."""
        CURRENT_ACQUISITION.set(self)
        return await greenlet_spawn(connect)

    def abandon(self, task: asyncio.Task[PoolProxiedConnection]) -> None:
        """Stop waiting. A new connection is completed and returned to the pool: half open, it could not be closed."""
        if not self.contacting:
            task.cancel()  # at once: a moment later it might connect
        start_detached(self._return_to_pool(task))

    async def _return_to_pool(self, task: asyncio.Task[PoolProxiedConnection]) -> None:
        """Return an abandoned connection to the pool; cancel a handshake that takes too long.

        The test of an idle connection has a deadline of its own, and is left to it: cancelled while it discards the
        connection, SQLAlchemy would not return its place to the pool.
        """
        before = self.handshakes
        while not task.done():
            await asyncio.wait({task}, timeout=self.limits.connect)
            if not task.done() and before == self.handshakes > 0:
                task.cancel()
                await asyncio.wait({task})
            before = self.handshakes
        if not task.cancelled() and task.exception() is None:
            await greenlet_spawn(task.result().close)


CURRENT_ACQUISITION: ContextVar[Acquisition] = ContextVar("armillary_acquisition")


def with_limits(engine: AsyncEngine, limits: Limits) -> AsyncEngine:
    """Make an engine raise `PoolExhausted` or `DatabaseUnavailable` when it gets no connection; return it.

    Args:
        engine: whose pool is used; other engines over the same pool are unchanged.
        limits: how long it may take.
    """
    take, connect = engine.sync_engine.raw_connection, engine.sync_engine.connect
    dialect: Any = engine.sync_engine.dialect

    def raw_connection() -> PoolProxiedConnection:
        taken = await_only(acquire(take, limits))
        TAKEN.set(taken)
        return taken

    def connect_or_discard() -> Connection:
        try:
            return connect()
        except BaseException as exc:  # as of the isolation level, which is set before SQLAlchemy handles errors
            discard_taken(exc)
            if isinstance(exc, NoResponse):
                raise DatabaseUnavailable("The database did not respond in time") from exc
            if isinstance(exc, dialect.loaded_dbapi.Error) and dialect.is_disconnect(exc, None, None):
                raise DatabaseUnavailable from exc
            raise
        finally:
            TAKEN.set(None)

    engine.sync_engine.raw_connection = raw_connection  # type: ignore[method-assign]
    engine.sync_engine.connect = connect_or_discard  # type: ignore[method-assign]
    return engine


def discard_taken(exc: BaseException) -> None:
    """Return to the pool the place of a connection that was taken and cannot be used."""
    taken = TAKEN.get()
    if taken is not None and taken.is_valid:
        taken.invalidate(exc)


def listen(engine: Engine) -> None:
    """Track when the engine contacts the server to acquire a connection."""
    ping = engine.dialect.do_ping

    def tracked_ping(dbapi_connection: Any) -> bool:
        track_contact()
        return ping(dbapi_connection)

    engine.dialect.do_ping = tracked_ping  # type: ignore[method-assign]
    event.listen(engine, "do_connect", track_handshake)


def track_contact() -> None:
    """Record that the server is being contacted."""
    acquisition = CURRENT_ACQUISITION.get(None)
    if acquisition is not None:
        acquisition.contacting = True


def track_handshake(*_: Any) -> None:
    """Record that a connection is made, and leave that to SQLAlchemy."""
    acquisition = CURRENT_ACQUISITION.get(None)
    if acquisition is not None:
        acquisition.contacting = True
        acquisition.handshakes += 1


async def acquire(connect: Callable[[], PoolProxiedConnection], limits: Limits) -> PoolProxiedConnection:
    """Return a connection, or raise the reason there is none."""
    acquisition = Acquisition(limits)
    task = asyncio.get_running_loop().create_task(acquisition.run(connect))
    try:
        await asyncio.wait({task}, timeout=limits.wait)
    except asyncio.CancelledError:
        acquisition.abandon(task)
        raise
    if not task.done():
        acquisition.abandon(task)
        raise DatabaseUnavailable if acquisition.contacting else PoolExhausted
    try:
        return task.result()
    except PoolTimeout as exc:
        raise PoolExhausted from exc
    except Exception as exc:
        # SQLAlchemy before 2.1 passes on what asyncpg raises, and asyncpg the errors of its socket.
        if isinstance(exc, OSError) or sqlstate(exc) is not None or is_closed_early(exc):
            raise DatabaseUnavailable from exc
        raise


def is_closed_early(exc: Exception) -> bool:
    """Return whether a server closed a connection as soon as it was made, which asyncmy notices as a missing socket."""
    return isinstance(exc, RuntimeError) and str(exc).startswith("Transport does not expose socket")
