"""Threads for functions that do not call back into the event loop, on asyncio.

A call in a thread of anyio may use `anyio.from_thread`, and gives the event loop a turn before it begins; it costs the
loop twice what one of these does. Reading a file needs neither. How many threads there are is decided by a `Limiter`.
A thread serves any event loop, one function after another, and ends when it was idle for a while.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

T = TypeVar("T")

_IDLE_SECONDS = 20.0


class Job:
    """A function to call, and the future that gets its result."""

    __slots__ = ("function", "future", "loop")

    def __init__(self, function: Callable[[], Any], loop: AbstractEventLoop, future: Future[Any]) -> None:
        self.function = function
        self.loop = loop
        self.future = future

    def run(self) -> tuple[Any, BaseException | None]:
        """Call the function, in the thread."""
        try:
            return self.function(), None
        except BaseException as exc:
            return None, exc

    def hand_back(self, outcome: tuple[Any, BaseException | None]) -> None:
        """Let the event loop finish the job."""
        try:
            self.loop.call_soon_threadsafe(self.finish, *outcome)
        except RuntimeError:
            pass  # the loop was closed and no caller is waiting

    def finish(self, result: Any, error: BaseException | None) -> None:
        """Give the future its result, in the event loop."""
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
        super().__init__(name="armillary-worker", daemon=True)
        self.jobs: SimpleQueue[Job] = SimpleQueue()

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


def start_job(job: Job) -> None:
    """Give a job to a thread; `RuntimeError` if none can be started."""
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
    worker.jobs.put(job)


async def call_in_worker(function: Callable[[], T], loop: AbstractEventLoop, *, abandon_on_cancel: bool) -> T:
    """Call a function in a thread, in a copy of the context.

    Args:
        function: it must not use `anyio.from_thread`.
        loop: the one of asyncio that runs this task.
        abandon_on_cancel: with False the cancellation of a scope of anyio waits for the thread. A native one does not.
    """
    from anyio import CancelScope
    from anyio.lowlevel import checkpoint_if_cancelled

    await checkpoint_if_cancelled()
    future: Future[T] = loop.create_future()
    context = copy_context()
    sniffio: Any = sys.modules.get("sniffio")
    if sniffio is not None:  # what `anyio.run` noted: no event loop runs in the thread, and the function may run one
        context.run(sniffio.current_async_library_cvar.set, None)
    with CancelScope(shield=not abandon_on_cancel):
        start_job(Job(partial(context.run, function), loop, future))
        return await future
    raise AssertionError("nobody cancels the scope itself")
