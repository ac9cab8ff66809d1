"""The hop to a worker thread for a function that needs nothing of the caller.

On asyncio it is made here, at half the time of a general one: a look at a file needs neither the caller's context
variables nor a way back into the event loop. It takes its place from a limiter all the same, and waits there, by that
limiter's rules, if no place is free.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from ._event_loop import asyncio_loop
from ._limiter import FILES, Limiter
from ._threads import can_start_threads

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from anyio import CapacityLimiter

T = TypeVar("T")

_IDLE_SECONDS = 20.0


class _Job:
    """A function to call, and the future that gets its result."""

    __slots__ = ("capacity", "function", "future", "loop")

    def __init__(
        self, function: Callable[[], Any], loop: AbstractEventLoop, future: Future[Any], capacity: CapacityLimiter
    ) -> None:
        self.function = function
        self.loop = loop
        self.future = future
        self.capacity = capacity

    def run(self) -> tuple[Any, BaseException | None]:
        try:
            return self.function(), None
        except BaseException as exc:
            return None, exc

    def hand_back(self, outcome: tuple[Any, BaseException | None]) -> None:
        try:
            self.loop.call_soon_threadsafe(self.finish, *outcome)
        except RuntimeError:
            pass  # the loop was closed and no caller is waiting

    def finish(self, result: Any, error: BaseException | None) -> None:
        self.capacity.release_on_behalf_of(self.future)
        if self.future.done():
            return  # the caller was cancelled
        if error is None:
            self.future.set_result(result)
        elif isinstance(error, StopIteration):  # which a future rejects
            failure = RuntimeError("the function in the thread raised StopIteration")
            failure.__cause__ = error
            self.future.set_exception(failure)
        else:
            self.future.set_exception(error)


class _Worker(Thread):
    """A thread that runs one job after another and ends when idle for a while."""

    def __init__(self) -> None:
        super().__init__(name="armillary-detached", daemon=True)
        self.jobs: SimpleQueue[_Job] = SimpleQueue()

    def run(self) -> None:
        while True:
            try:
                job = self.jobs.get(timeout=_IDLE_SECONDS)
            except Empty:
                try:
                    _idle.remove(self)
                except ValueError:
                    continue  # a job is being given to this thread right now
                return
            outcome = job.run()
            _idle.append(self)
            job.hand_back(outcome)
            del job, outcome


_idle: deque[_Worker] = deque()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)


def _start(job: _Job) -> None:
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
    worker.jobs.put(job)


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
        _start(_Job(function, loop, future, capacity))
    except BaseException:  # no thread could be started
        capacity.release_on_behalf_of(future)
        raise
    return await future
