"""A time-out that costs next to nothing unless there is something to wait for.

Most calls of `send` and `receive` return without suspending, and a cancel scope around each would cost ten times what
the call does. On asyncio the awaitable is therefore run to its first suspension, and a timer is set only if there is
one. A scope cannot be entered that late: the awaitable may have entered scopes of its own, and scopes must nest. So the
timer cancels the task natively, as `asyncio.timeout` does; what swallows that cancellation goes on. On trio, which has
nothing but scopes, one is entered first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from sys import modules
from types import CoroutineType, coroutine
from typing import Any, Final, TypeVar

from ._event_loop import asyncio_task, is_on_trio
from ._suspension import resume, steps_of

T = TypeVar("T")

_COROUTINE: Final[Any] = CoroutineType  # of Any, as its own parameters are not known


@coroutine
def wait_at_most(seconds: float, awaitable: Awaitable[T]) -> Generator[Any, Any, T]:
    """Await something, and raise `TimeoutError` if it takes longer.

    What `awaitable` does at its cancellation, such as its `finally`, is done before the error is raised.

    Args:
        seconds: above 0, counted from the first suspension.
        awaitable: a coroutine or another object with `__await__`.

    >>> import anyio
    >>> async def main():
    ...     await wait_at_most(0.01, anyio.sleep(60))
    >>> anyio.run(main)
    Traceback (most recent call last):
        ...
    TimeoutError: it took longer than 0.01 s
    """
    if "trio" in modules and is_on_trio():
        return (yield from _wait_in_scope(seconds, awaitable).__await__())
    steps: Any = awaitable.__await__() if type(awaitable) is _COROUTINE else steps_of(awaitable)
    try:
        waits_for = next(steps)
    except StopIteration as stop:
        result: T = stop.value
        return result
    result = yield from _resume_at_most(seconds, steps, waits_for)
    return result


def start_at_most(seconds: float | None, awaitable: Awaitable[object]) -> Awaitable[object] | None:
    """Run something to its first suspension, and return what is left to be awaited at once; None if it has ended.

    For what hardly ever suspends, as a send: it needs no coroutine around it unless it does. Its result is dropped.

    Args:
        seconds: awaiting what is left raises `TimeoutError` if it takes longer; None for no limit.
        awaitable: a coroutine or another object with `__await__`.

    In a function that sends: `if (rest := start_at_most(30, send(message))) is not None: await rest`.
    """
    if "trio" in modules and is_on_trio():
        return awaitable if seconds is None else _wait_in_scope(seconds, awaitable)
    # Almost every `send` returns a coroutine, whose iterator has all that is needed below.
    running: Any = awaitable if type(awaitable) is _COROUTINE else _as_coroutine(awaitable)
    steps = running.__await__()
    for waits_for in steps:  # its end is no exception for a loop, which costs less than `next`
        return _rest(seconds, steps, waits_for)
    return None


async def _as_coroutine(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _resume_at_most(seconds: float | None, steps: Any, waits_for: Any) -> Generator[Any, Any, Any]:
    """Go on from the first suspension, with a timer if there is a limit."""
    if seconds is None:
        return (yield from resume(steps, waits_for))
    task: Any = asyncio_task()
    cancelling = task.cancelling()
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = task.get_loop().call_later(seconds, expire)
    try:
        return (yield from resume(steps, waits_for))
    except BaseException as exc:
        from asyncio import CancelledError

        # It is a time-out only if nobody else has asked for a cancellation meanwhile.
        if expired and task.uncancel() <= cancelling and isinstance(exc, CancelledError):
            raise _timed_out(seconds) from None
        raise
    finally:
        timer.cancel()


_rest: Callable[[float | None, Any, Any], Awaitable[object]] = coroutine(_resume_at_most)


async def _wait_in_scope(seconds: float, awaitable: Awaitable[T]) -> T:
    from anyio import move_on_after

    with move_on_after(seconds):
        return await awaitable
    raise _timed_out(seconds)


def _timed_out(seconds: float) -> TimeoutError:
    return TimeoutError(f"it took longer than {seconds:g} s")
