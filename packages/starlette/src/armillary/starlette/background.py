"""Work done after a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, ParamSpec

from armillary.background import (
    BackgroundTask as NativeBackgroundTask,
    BackgroundTasks as NativeBackgroundTasks,
    TaskOptions,
)

from .concurrency import default_threads

P = ParamSpec("P")

__all__ = ["BackgroundTask", "BackgroundTasks"]


class BackgroundTask(NativeBackgroundTask):
    """One call; a sync function runs in anyio's default threads, and what it sets in the context stays there.

    What cannot be called is an error when the task runs.
    """

    options = TaskOptions(limiter=default_threads)
    checks_function = False


class BackgroundTasks(NativeBackgroundTasks, BackgroundTask):
    """Tasks run in order; the first that fails keeps the rest from running."""

    isolates_failures = False
    task_class: ClassVar[type[NativeBackgroundTask]] = BackgroundTask

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:  # type: ignore[override]
        """Add a call of `func(*args, **kwargs)`."""
        super().add_task(func, *args, **kwargs)
