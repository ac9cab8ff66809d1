"""Work that is cancelled when one of several waits ends."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence


class _RunOutcome:
    """How the work and the waits running beside it ended."""

    __slots__ = ("ended_by", "failure")

    def __init__(self) -> None:
        self.ended_by: int | None = None
        self.failure: Exception | None = None

    async def wait(self, index: int, wait: Callable[[], Awaitable[None]], cancel: Callable[[], None]) -> None:
        try:
            await wait()
            self.ended_by = index
        except Exception as exc:
            self.failure = exc
        cancel()

    async def work(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            self.ended_by = None
        except Exception as exc:
            self.failure = exc

    def result(self) -> int | None:
        failure, self.failure = self.failure, None  # its traceback refers back to this object
        if failure is not None:
            raise failure
        return self.ended_by


async def run_until(work: Callable[[], Awaitable[None]], *waits: Callable[[], Awaitable[None]]) -> int | None:
    """Await `work()` in this task, cancelled as soon as one of `waits` returns.

    Args:
        work: what to do; it keeps this task and its context.
        *waits: each runs in a separate task, started when the work first waits and cancelled when it is done. A work
            that never waits and gives the event loop turns has them from its second turn on.

    Returns:
        None if the work finished, else the index of the wait that ended it.

    Raises:
        Exception: what the work or a wait raised, never in an exception group.
    """
    outcome = _RunOutcome()
    await (_run_on_asyncio if _on_asyncio() else _run_anywhere)(outcome, work, waits)
    return outcome.result()


def _on_asyncio() -> bool:
    """Return whether this task runs on asyncio, importing nothing."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


async def _run_anywhere(
    outcome: _RunOutcome, work: Callable[[], Awaitable[None]], waits: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    from anyio import create_task_group

    from armillary.concurrency import call_if_suspended

    async with create_task_group() as group:
        cancel = group.cancel_scope.cancel

        def start_waits() -> None:
            for index, wait in enumerate(waits):
                group.start_soon(outcome.wait, index, wait, cancel)

        await call_if_suspended(start_waits, outcome.work(work))
        cancel()


async def _run_on_asyncio(
    outcome: _RunOutcome, work: Callable[[], Awaitable[None]], waits: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    # A task group costs more than a short stream does, and is not needed here: the waits store
    # their exceptions instead of raising them, and all of them are done when this returns.
    import asyncio

    from anyio import CancelScope

    from armillary.concurrency import call_if_suspended

    scope = CancelScope()
    tasks: list[asyncio.Task[None]] = []

    def start_waits() -> None:
        create_task = asyncio.get_running_loop().create_task
        tasks.extend([create_task(outcome.wait(index, wait, scope.cancel)) for index, wait in enumerate(waits)])

    with scope:
        try:
            await call_if_suspended(start_waits, outcome.work(work), turns=1)
        finally:
            for task in tasks:
                task.cancel()
    unfinished = [task for task in tasks if not task.done()]
    if unfinished:
        await asyncio.wait(unfinished)
