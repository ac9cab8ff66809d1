"""How a task is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from armillary.concurrency import BACKGROUND, Limiter

from ._retry import TaskRetry

if TYPE_CHECKING:
    from ._task import BackgroundTask

ErrorHook: TypeAlias = Callable[["BackgroundTask", Exception], Awaitable[None] | None]
"""`hook(task, exc)`, sync or async, called once for each task that failed."""


class TaskOptions:
    """How a task is run.

    Args:
        timeout: seconds one attempt may take, after which it fails with `TimeoutError`. A sync
            function cannot be interrupted: it fails at the same time, but its thread continues.
        retry: when a failed attempt is repeated; None for a single attempt.
        limiter: whose threads a sync function runs in.
        on_error: called with the task and its exception once it has failed for good.

    Raises:
        ValueError: the time-out is not positive.
        TypeError: `retry`, `limiter` or `on_error` is something else.

    Calling the options makes a task:

    >>> patient = TaskOptions(timeout=10, retry=TaskRetry(3))
    >>> patient(print, "sent")
    <BackgroundTask print>
    """

    def __init__(
        self,
        *,
        timeout: float | None = None,
        retry: TaskRetry | None = None,
        limiter: Limiter = BACKGROUND,
        on_error: ErrorHook | None = None,
    ) -> None:
        if timeout is not None and not timeout > 0:
            raise ValueError(f"TaskOptions needs a timeout above 0 seconds, or None, got {timeout!r}")
        if retry is not None and not isinstance(retry, TaskRetry):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"TaskOptions takes retry as a TaskRetry or None, got {retry!r}")
        if not isinstance(limiter, Limiter):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"TaskOptions takes limiter as a Limiter, got {limiter!r}")
        if on_error is not None and not callable(on_error):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"TaskOptions takes on_error as a function of the task and its exception, got {on_error!r}")
        self.timeout = timeout
        self.retry = retry
        self.limiter = limiter
        self.on_error = on_error

    def __call__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundTask:
        """Return a task that calls `func(*args, **kwargs)` with these options."""
        from ._task import BackgroundTask

        task = BackgroundTask(func, *args, **kwargs)
        task.options = self
        return task


DEFAULT_OPTIONS = TaskOptions()
