"""Several calls, made one after another after the response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, ParamSpec, Self

from armillary.asgi_types import Scope

from ._current_drain import current_drain
from ._log import log_failure
from ._task import BackgroundTask, TaskOptions

P = ParamSpec("P")


class BackgroundTasks(BackgroundTask):
    """Run tasks in the order they were added; a failing one does not stop the rest.

    When all have run, the first failure is raised, so that servers, error reporters and test
    clients see it; further ones are logged.

    Args:
        tasks: the first tasks.
        options: the options of each task that `add_task` makes.

    Attributes:
        isolates_failures: with False the first failure ends the run.

    >>> import anyio
    >>> tasks = BackgroundTasks()
    >>> _ = tasks.add_task(print, "first")
    >>> _ = tasks.add_task(print, "second")
    >>> anyio.run(tasks)
    first
    second
    """

    isolates_failures: bool = True

    task_class: ClassVar[type[BackgroundTask]] = BackgroundTask
    """What `add_task` makes."""

    runs_after_response: ClassVar[bool] = True
    """Whether a parameter of this type is awaited after the response."""

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        """Return tasks without any, for a parameter of a typed endpoint, which adds them."""
        return cls()

    def __init__(self, tasks: Sequence[BackgroundTask] | None = None, *, options: TaskOptions | None = None) -> None:
        self.tasks: list[BackgroundTask] = list(tasks) if tasks else []
        if options is not None:
            self.options = options

    @property
    def name(self) -> str:
        """The names of the tasks."""
        return ", ".join(task.name for task in self.tasks)

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> BackgroundTask:
        """Add a call of `func(*args, **kwargs)` and return its task."""
        task_class: type[Any] = self.task_class
        task: BackgroundTask = task_class(func, *args, **kwargs)
        if self.options is not self.task_class.options:
            task.options = self.options
        self.tasks.append(task)
        return task

    def add(self, task: BackgroundTask) -> None:
        """Add a task made elsewhere, such as by `TaskOptions(...)(func)`."""
        self.tasks.append(task)

    async def __call__(self) -> None:
        """Run the tasks that were added, and those that are added meanwhile.

        Raises:
            Exception: what the first failing task raised.
        """
        failure: Exception | None = None
        drain = current_drain()
        for position, task in enumerate(self.tasks):
            if drain is not None and drain.has_expired:
                drain.skip(self.tasks[position:])
                break
            try:
                await task()
            except Exception as exc:
                if not self.isolates_failures:
                    raise
                if failure is None:
                    failure = exc
                elif exc is not failure:
                    log_failure(task.name, exc)
            except BaseException:  # a cancellation
                if drain is not None and drain.is_stopping:
                    drain.skip(self.tasks[position + 1 :])
                raise
        if failure is not None:
            raise failure

    async def run(self) -> None:
        """Run the tasks; each is drained separately."""
        await self()
