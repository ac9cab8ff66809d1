"""How a transaction comes by its connection: in bounded time, and with nothing left open when it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only, greenlet_spawn

from ._errors import DatabaseUnavailable, PoolExhausted
from ._shield import keep


class Limits(NamedTuple):
    """Seconds: for a connection in all (None: as long as the engine waits), and for one nobody waits for to be made."""

    wait: float | None
    connect: float


class Acquisition:
    """One attempt to get a connection, in a task of its own.

    Attributes:
        connecting: whether a new connection is being made, rather than one of the pool awaited.
    """

    __slots__ = ("connecting", "limits")

    def __init__(self, limits: Limits) -> None:
        self.connecting = False
        self.limits = limits

    async def run(self, connect: Callable[[], PoolProxiedConnection]) -> PoolProxiedConnection:
        """Take a connection from the pool."""
        CURRENT.set(self)
        return await greenlet_spawn(connect)

    def leave(self, task: asyncio.Task[PoolProxiedConnection]) -> None:
        """Go without it. A new connection is finished, to be given back: half made, it could not be closed."""
        if not self.connecting:
            task.cancel()  # at once: a moment later it might connect
        keep(give_back(task, self.limits.connect))


CURRENT: ContextVar[Acquisition] = ContextVar("armillary_acquisition")


def bound(engine: AsyncEngine, limits: Limits) -> AsyncEngine:
    """Have an engine raise `PoolExhausted` and `DatabaseUnavailable` where it gets no connection; return it.

    Args:
        engine: whose pool is asked; other engines over the same pool stay as they are.
        limits: how long it may take.
    """
    connect = engine.sync_engine.raw_connection

    def raw_connection() -> PoolProxiedConnection:
        return await_only(acquired(connect, limits))

    engine.sync_engine.raw_connection = raw_connection  # type: ignore[method-assign]
    return engine


def listen(engine: Engine) -> None:
    """Note when the engine makes a connection."""
    event.listen(engine, "do_connect", note_connecting)


def note_connecting(*_: Any) -> None:
    """Leave connecting to the engine, after a note of it."""
    acquisition = CURRENT.get(None)
    if acquisition is not None:
        acquisition.connecting = True


async def acquired(connect: Callable[[], PoolProxiedConnection], limits: Limits) -> PoolProxiedConnection:
    """Return a connection, or raise why there is none."""
    acquisition = Acquisition(limits)
    task = asyncio.get_running_loop().create_task(acquisition.run(connect))
    try:
        await asyncio.wait({task}, timeout=limits.wait)
    except asyncio.CancelledError:
        acquisition.leave(task)
        raise
    if not task.done():
        acquisition.leave(task)
        raise DatabaseUnavailable if acquisition.connecting else PoolExhausted
    try:
        return task.result()
    except PoolTimeout as exc:
        raise PoolExhausted from exc
    except OSError as exc:  # a driver that lets the socket's error through
        raise DatabaseUnavailable from exc


async def give_back(task: asyncio.Task[PoolProxiedConnection], seconds: float) -> None:
    """Return to the pool what nobody waits for any more, unless it takes longer than that."""
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled() and task.exception() is None:
        await greenlet_spawn(task.result().close)
