"""Threads and first-of-many for async code."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from armillary.concurrency import ENDPOINTS, Limiter

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["P", "T", "iterate_in_threadpool", "run_in_threadpool", "run_until_first_complete"]


async def run_in_threadpool(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `func(*args, **kwargs)` in a worker thread and return its result.

    The threads are those of anyio's default limiter, which programs adjust by
    `anyio.to_thread.current_default_thread_limiter().total_tokens`.
    """
    return await default_threads.run(partial(func, *args, **kwargs))


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items of a blocking iterable, each fetched in a worker thread."""
    from armillary.concurrency import iterate_in_threadpool

    async for item in iterate_in_threadpool(iterator, limiter=default_threads):
        yield item


class DefaultThreads(Limiter):
    """The default threads of anyio, shared with every other user of anyio: what they set in the context stays there."""

    carries_context_back = False

    def make_capacity(self) -> Any:
        """Return anyio's own tokens for this event loop."""
        from anyio.to_thread import current_default_thread_limiter

        return current_default_thread_limiter()


default_threads = DefaultThreads(ENDPOINTS.name)


async def run_until_first_complete(*args: tuple[Callable[..., Awaitable[Any]], dict[str, Any]]) -> None:
    """Run `(function, keyword arguments)` pairs together and cancel the others when one returns.

    Deprecated: use an anyio task group instead.
    """
    from anyio import create_task_group

    from .exceptions import StarletteDeprecationWarning

    warnings.warn(
        "run_until_first_complete is deprecated and will be removed in a future version.",
        StarletteDeprecationWarning,
        stacklevel=2,
    )
    async with create_task_group() as group:

        async def run_and_cancel(func: Callable[[], Awaitable[Any]]) -> None:
            await func()
            group.cancel_scope.cancel()

        for func, kwargs in args:
            group.start_soon(run_and_cancel, partial(func, **kwargs))
