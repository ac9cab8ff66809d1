"""Calls the function of a task: whatever it raises fails that task, and nothing around it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import anyio

from armillary.asgi_types import is_async_callable
from armillary.concurrency import BACKGROUND, cancels_current_task, run_in_threadpool

LONGEST_REASON: Final = 2000


@contextmanager
def failing_alone() -> Generator[None]:
    """Turn what would end more than the task into an error of the task.

    Raises:
        RuntimeError: the block raised what ends programs, as `sys.exit()` does, or cancelled itself, as who awaits a
            task of asyncio that was cancelled. Ctrl-C is raised further.
    """
    caller = _current_task_id()
    try:
        yield
    except Exception:
        raise
    except BaseException as exc:
        if isinstance(exc, GeneratorExit) and _current_task_id() != caller:  # it is closed, by who does not run it
            raise
        if _has(KeyboardInterrupt, exc) or _is_cancellation(exc):
            raise
        raise _error(exc) from exc


async def call_task(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Call the function of a task; one that is not async runs in a thread."""
    if is_async_callable(function):
        return await function(**arguments)
    return await run_in_threadpool(_called_in_thread, function, arguments, limiter=BACKGROUND)


def _called_in_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except GeneratorExit as exc:  # raised by what is awaited, it would close who awaits
        raise _error(exc) from exc


def _error(exc: BaseException) -> RuntimeError:
    return RuntimeError(f"it raised {describe(exc)}, which is no Exception; a task cannot end what runs it")


def _is_cancellation(exc: BaseException) -> bool:
    """Return whether who runs the task has cancelled it, rather than the task itself."""
    return _has(anyio.get_cancelled_exc_class(), exc) and cancels_current_task()


def _current_task_id() -> int | None:
    """Return what tells the task that runs from others; None outside of a task, as when one is closed unfinished."""
    try:
        return anyio.get_current_task().id
    except Exception:  # of either event loop, which is not there
        return None


def _has(kind: type[BaseException], exc: BaseException) -> bool:
    """Return whether an exception is of this kind, or a group that has one."""
    return BaseExceptionGroup("", [exc]).subgroup(kind) is not None


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
