"""A blocking iterable, read from async code."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from types import GeneratorType
from typing import Final, TypeVar, cast

from ._limiter import ENDPOINTS, Limiter

T = TypeVar("T")


class _Exhausted:
    """The type of the sentinel for exhaustion: a StopIteration cannot be raised into a coroutine."""


_EXHAUSTED: Final = _Exhausted()


def _next(iterator: Iterator[T]) -> T | _Exhausted:
    return next(iterator, _EXHAUSTED)


async def iterate_in_threadpool(iterator: Iterable[T], *, limiter: Limiter | None = None) -> AsyncGenerator[T]:
    """Yield the items of a blocking iterable, each fetched in a worker thread.

    A generator that is left before its end is closed in a thread, so that its `finally` runs; the
    wait for that thread is not bounded.

    Args:
        iterator: any iterable; no thread is held between two items.
        limiter: whose threads to use, by default `ENDPOINTS`.

    Raises:
        Overloaded: the limiter has a bounded wait and no thread became free in time.
    """
    chosen = ENDPOINTS if limiter is None else limiter
    items = iter(iterator)
    ended = False
    try:
        while True:
            item = await chosen.run(lambda: _next(items))
            if item is _EXHAUSTED:
                ended = True
                return
            yield cast(T, item)
    finally:
        if not ended and isinstance(items, GeneratorType):
            await _close(items, chosen)  # pyright: ignore[reportUnknownArgumentType]


async def _close(generator: GeneratorType[T, None, None], limiter: Limiter) -> None:
    from anyio import CancelScope, to_thread

    with CancelScope(shield=True):
        await to_thread.run_sync(generator.close, limiter=limiter.capacity())
