"""One blocking call, made from async code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ._limiter import ENDPOINTS, Limiter

T = TypeVar("T")


async def run_in_threadpool(func: Callable[..., T], *args: Any, limiter: Limiter | None = None, **kwargs: Any) -> T:
    """Call `func(*args, **kwargs)` in a worker thread and return its result.

    The function sees the caller's context variables, and those it sets are set in the caller's
    context when it ends. A cancelled caller waits for the thread to finish.

    Args:
        func: a blocking function.
        *args, **kwargs: passed on unchanged; for a function with a parameter called `limiter`,
            pass a `functools.partial`.
        limiter: whose threads to use, by default `ENDPOINTS`.

    Raises:
        Overloaded: the limiter has a bounded wait and no thread became free in time.

    >>> import anyio
    >>> anyio.run(run_in_threadpool, int, "2a", 16)
    42
    """
    call = partial(func, *args, **kwargs) if args or kwargs else func
    return await (ENDPOINTS if limiter is None else limiter).run(call)
