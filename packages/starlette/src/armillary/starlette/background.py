"""Work done after a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from armillary.background import BackgroundTask, BackgroundTasks as NativeBackgroundTasks

P = ParamSpec("P")

__all__ = ["BackgroundTask", "BackgroundTasks"]


class BackgroundTasks(NativeBackgroundTasks):
    """Tasks run in order; the first that fails keeps the rest from running."""

    isolates_failures = False

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:  # type: ignore[override]
        """Add a call of `func(*args, **kwargs)`."""
        super().add_task(func, *args, **kwargs)
