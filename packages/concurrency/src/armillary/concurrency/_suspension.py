"""What is to be done only if an awaitable really waits.

Most awaitables of a request never suspend: `send` into a buffer with room, `receive` of a message that has come, a
short stream. What guards their waiting, such as a timer or a task that watches for a disconnect, costs more than they
do. So they are run to their first suspension, and the guard is started only if there is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from types import GeneratorType, coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@coroutine
def call_if_suspended(
    function: Callable[[], object], awaitable: Awaitable[T], turns: int = 0
) -> Generator[Any, Any, T]:
    """Await something, and call a function when it first suspends.

    Args:
        function: called in the task that awaits, before the event loop gets its turn; not called if there is no
            suspension. It cannot enter a cancel scope, since what is awaited may have entered one already.
        awaitable: a coroutine or another object with `__await__`.
        turns: how often it may let the event loop of asyncio run what else is ready, without waiting for anything,
            before that is a suspension: for what gives turns of its own.

    Returns:
        What the awaitable returns.

    >>> import anyio
    >>> async def main():
    ...     await call_if_suspended(lambda: print("it waits"), anyio.sleep(0.001))
    >>> anyio.run(main)
    it waits
    """
    steps = steps_of(awaitable)
    try:
        waits_for = next(steps)
        while waits_for is None and turns:
            turns -= 1
            try:
                yield
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as exc:
                waits_for = steps.throw(exc)
            else:
                waits_for = next(steps)
    except StopIteration as stop:
        result: T = stop.value
        return result
    try:
        function()
    except BaseException:
        steps.close()
        raise
    result = yield from resume(steps, waits_for)
    return result


def steps_of(awaitable: Awaitable[Any]) -> Any:
    """Return the iterator whose items are the suspensions of an awaitable."""
    # A generator that `types.coroutine` made has no `__await__`.
    return awaitable if isinstance(awaitable, GeneratorType) else awaitable.__await__()


def resume(steps: Any, waits_for: Any) -> Generator[Any, Any, Any]:
    """Go on from a suspension that has been reached already, as `yield from` does from the beginning.

    An iterator needs no more than `__next__` (PEP 380), as the ones of servers written in Rust have.
    """

    def go_on(value: Any) -> Any:
        return next(steps)

    send: Any = getattr(steps, "send", go_on)
    throw: Any = getattr(steps, "throw", None)
    while True:
        try:
            value = yield waits_for
        except GeneratorExit:
            if hasattr(steps, "close"):
                steps.close()
            raise
        except BaseException as exc:
            if throw is None:
                raise
            step, given = throw, exc
        else:
            step, given = send, value
        try:
            waits_for = step(given)
        except StopIteration as stop:
            return stop.value
