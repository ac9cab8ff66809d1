"""Calls the function of a task: whatever it raises fails that task, and nothing around it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import anyio

from armillary.asgi_types import is_async_callable
from armillary.concurrency import BACKGROUND, run_in_threadpool

from ._cancellation import cancels_current_task

LONGEST_REASON: Final = 2000


@contextmanager
def failing_alone() -> Generator[None]:
    """Turn what would end more than the task into an error of the task.

    Raises:
        RuntimeError: the block raised what ends programs, as `sys.exit()` does, or cancelled itself, as who awaits a
            task of asyncio that was cancelled.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as exc:
        if _is_cancellation(exc):
            raise
        raise RuntimeError(f"it raised {describe(exc)}, which is no Exception; a task cannot end what runs it") from exc


async def call_task(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Call the function of a task; one that is not async runs in a thread."""
    if is_async_callable(function):
        return await function(**arguments)
    return await run_in_threadpool(function, **arguments, limiter=BACKGROUND)


def _is_cancellation(exc: BaseException) -> bool:
    """Return whether who runs the task has cancelled it, rather than the task itself."""
    cancelled = BaseExceptionGroup("", [exc]).subgroup(anyio.get_cancelled_exc_class())  # itself, or within a group
    return cancelled is not None and cancels_current_task()


def describe(exc: BaseException) -> str:
    """Return the kind and text of an exception, at most 2,000 characters, whatever its `__str__` does.

    >>> describe(ValueError("7 is odd")), describe(TimeoutError())
    ('ValueError: 7 is odd', 'TimeoutError')
    """
    kind = type(exc).__name__
    try:
        text = str(exc)
    except Exception as failure:
        return f"{kind}, whose text cannot be made: {type(failure).__name__}"
    return f"{kind}: {text}"[:LONGEST_REASON] if text else kind
