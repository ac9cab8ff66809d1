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

    Each item waits for a thread as long as it takes, whatever the limiter's `max_wait`: a response of which a part
    was sent can no longer become a 503.

    A generator that is left before its end is closed in a thread, so that its `finally` runs; the
    wait for that thread is not bounded.

    Args:
        iterator: any iterable; no thread is held between two items.
        limiter: whose threads to use, by default `ENDPOINTS`.
    """
    chosen = ENDPOINTS if limiter is None else limiter
    items = iter(iterator)
    ended = False
    try:
        while True:
            item = await chosen.run(lambda: _next(items), bounded=False)
            if item is _EXHAUSTED:
                ended = True
                return
            yield cast(T, item)
    finally:
        if not ended and isinstance(items, GeneratorType):
            await _close(items, chosen)  # pyright: ignore[reportUnknownArgumentType]


async def _close(generator: GeneratorType[T, None, None], limiter: Limiter) -> None:
    from anyio import CancelScope

    with CancelScope(shield=True):
        await limiter.run(generator.close, bounded=False)
