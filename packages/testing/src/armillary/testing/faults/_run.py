"""One run of the application, on asyncio or trio, with a cancellation at any of its suspensions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from pathlib import PurePath
from typing import Any, Literal

import anyio

CancelWay = Literal["task", "scope"]

_UNKNOWN = "an unknown place"
_LOOP_FOLDERS = frozenset({"asyncio", "anyio", "trio"})


class Steps:
    """Awaits a coroutine, calling `at_step(n)` at its n-th suspension, before it suspends."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], at_step: Callable[[int], None]) -> None:
        self.count = 0
        self._coroutine = coroutine
        self._at_step = at_step

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._coroutine.__await__()
        resume: Callable[[Any], Any] = steps.send
        value: Any = None
        while True:
            try:
                waits_for = resume(value)
            except StopIteration:
                return
            self._at_step(self.count)
            self.count += 1
            try:
                value = yield waits_for
                resume = steps.send
            except BaseException as exc:
                value, resume = exc, steps.throw


class Outcome:
    """How a run ended."""

    def __init__(self) -> None:
        self.steps = 0
        self.exception: BaseException | None = None
        self.cancelled = False
        self.fired = False
        self.hung: str | None = None
        self.survived = False
        self.leaked = False
        self.coroutine: Any = None


class Runner:
    """Runs applications until they end, or for `seconds`.

    Args:
        seconds: after which a run hangs.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_on_trio = not _runs_on_asyncio()

    async def run(
        self,
        start: Callable[[], Coroutine[Any, Any, None]],
        cancel_at: int | None = None,
        way: CancelWay = "scope",
        stop_when: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Run what `start()` returns.

        Args:
            start: makes the coroutine.
            cancel_at: the suspension at which it is cancelled.
            way: natively, on asyncio, or by a cancel scope.
            stop_when: asked from time to time; once it is true, the server cancels what still runs.
        """
        outcome = Outcome()
        scope = anyio.CancelScope()
        task: asyncio.Task[None] | None = None

        def at_step(number: int) -> None:
            if number == cancel_at:
                outcome.fired = True
                if way == "task" and task is not None:
                    task.cancel()
                else:
                    scope.cancel()

        async def body() -> None:
            coroutine = outcome.coroutine = start()
            steps = Steps(coroutine, at_step)
            try:
                with scope:
                    await steps
                outcome.cancelled = scope.cancelled_caught
            except Exception as exc:
                outcome.exception = exc
            finally:
                outcome.steps = steps.count

        if self.is_on_trio:
            await self._run_on_trio(body, scope, outcome, stop_when)
        else:
            task = asyncio.ensure_future(body())
            await self._wait_on_asyncio(task, outcome, stop_when)
        return outcome

    async def _wait_on_asyncio(
        self, task: asyncio.Task[None], outcome: Outcome, stop_when: Callable[[], bool] | None
    ) -> None:
        deadline = asyncio.get_running_loop().time() + self.seconds
        stopped = False
        while not task.done() and asyncio.get_running_loop().time() < deadline:
            await asyncio.wait({task}, timeout=0.05 if stop_when is not None and not stopped else self.seconds)
            if not task.done() and stop_when is not None and not stopped and stop_when():
                stopped = True
                task.cancel()
        if not task.done():
            outcome.hung = _place_of(outcome.coroutine)
            task.cancel()
            await asyncio.wait({task}, timeout=1)
            outcome.survived = not task.done()
        if task.done() and task.cancelled():
            outcome.cancelled = True

    async def _run_on_trio(
        self,
        body: Callable[[], Coroutine[Any, Any, None]],
        scope: anyio.CancelScope,
        outcome: Outcome,
        stop_when: Callable[[], bool] | None,
    ) -> None:
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                waited = 0.0
                while waited < self.seconds:
                    await anyio.sleep(0.05)
                    waited += 0.05
                    if stop_when is not None and stop_when():
                        scope.cancel()
                outcome.hung = _place_of(outcome.coroutine)
                scope.cancel()

            group.start_soon(watch)
            await body()
            group.cancel_scope.cancel()


def _runs_on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _place_of(coroutine: Any) -> str:
    """Return where a coroutine waits: the innermost frame outside of the event loop's own library."""
    place = _UNKNOWN
    awaited = coroutine
    while awaited is not None:
        for kind, inner in (("cr", "cr_await"), ("ag", "ag_await"), ("gi", "gi_yieldfrom")):
            frame = getattr(awaited, f"{kind}_frame", None)
            if frame is not None:
                if not _LOOP_FOLDERS.intersection(PurePath(frame.f_code.co_filename).parts) or place == _UNKNOWN:
                    place = f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
                awaited = getattr(awaited, inner)
                break
        else:
            return place
    return place
