"""The hop to a worker thread for a function that needs nothing of the caller.

On asyncio it is made here, at half the time of a general one: a look at a file needs neither the caller's context
variables nor a way back into the event loop. It takes its place from a limiter all the same, and waits there, by that
limiter's rules, if no place is free.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._event_loop import asyncio_loop
from ._limiter import FILES, Limiter
from ._threads import can_start_threads
from ._workers import Job, start_job

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from anyio import CapacityLimiter

T = TypeVar("T")


class _PlacedJob(Job):
    """A job that keeps its place until it is done, though its caller may have left."""

    __slots__ = ("capacity",)

    def __init__(
        self, function: Callable[[], Any], loop: AbstractEventLoop, future: Future[Any], capacity: CapacityLimiter
    ) -> None:
        super().__init__(function, loop, future)
        self.capacity = capacity

    def finish(self, result: Any, error: BaseException | None) -> None:
        self.capacity.release_on_behalf_of(self.future)
        super().finish(result, error)


async def run_detached(function: Callable[[], T], limiter: Limiter = FILES) -> T:
    """Call a function in a worker thread, apart from the caller's context, and return its result.

    It sees no context variables and cannot call back into the event loop, and costs half of what `run_in_threadpool`
    does. A cancelled caller leaves at once; the thread goes on and keeps its place until it is done.

    Args:
        function: a blocking function without arguments, such as one that reads a file.
        limiter: whose threads to use, by default `FILES`.

    Raises:
        Overloaded: the limiter has a bounded wait and no thread became free in time.
    """
    loop = asyncio_loop()
    if loop is None or not can_start_threads():
        return await limiter.run(function)
    from anyio import WouldBlock

    capacity = limiter.capacity()
    future: Future[T] = loop.create_future()
    try:
        capacity.acquire_on_behalf_of_nowait(future)
    except WouldBlock:
        return await limiter.run(function)
    try:
        start_job(_PlacedJob(function, loop, future, capacity))
    except BaseException:  # no thread could be started
        capacity.release_on_behalf_of(future)
        raise
    return await future
