"""One call, made after the response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any, ClassVar, ParamSpec, TypeAlias

from armillary.asgi_types import is_async_callable
from armillary.concurrency import BACKGROUND, Limiter, cancels_current_task

from ._current_drain import current_drain
from ._log import log_cut_off
from ._retry import TaskRetry

P = ParamSpec("P")

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
        if retry is not None and not isinstance(retry, TaskRetry):
            raise TypeError(f"TaskOptions takes retry as a TaskRetry or None, got {retry!r}")
        if not isinstance(limiter, Limiter):
            raise TypeError(f"TaskOptions takes limiter as a Limiter, got {limiter!r}")
        if on_error is not None and not callable(on_error):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"TaskOptions takes on_error as a function of the task and its exception, got {on_error!r}")
        self.timeout = timeout
        self.retry = retry
        self.limiter = limiter
        self.on_error = on_error

    def __call__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> BackgroundTask:
        """Return a task that calls `func(*args, **kwargs)` with these options."""
        task = BackgroundTask(func, *args, **kwargs)
        task.options = self
        return task


DEFAULT_OPTIONS = TaskOptions()
"""One call, made after the response."""


class BackgroundTask:
    """Call `func(*args, **kwargs)` when awaited.

    Pass it to a response as `background=`, which awaits it after its last byte, or write
    `await task()` at the end of any ASGI application. A sync function runs in a thread of the
    `BACKGROUND` limiter.

    Args:
        func: sync or async.
        *args, **kwargs: passed on unchanged.

    Raises:
        TypeError: `func` cannot be called; most often it has already been called.

    Attributes:
        options: how the task is run; assign to it, or make the task with `TaskOptions(...)(func)`.

    >>> import anyio
    >>> anyio.run(BackgroundTask(print, "sent"))
    sent
    """

    options: TaskOptions = DEFAULT_OPTIONS

    checks_function: ClassVar[bool] = True
    """Whether what cannot be called is rejected at once, rather than when the task runs."""

    def __init__(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        if self.checks_function and not callable(func):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"BackgroundTask needs a function, got {func!r}; pass its arguments after it")
        self.func: Callable[..., Any] = func
        self.args: tuple[Any, ...] = args
        self.kwargs: dict[str, Any] = kwargs
        self.is_async: bool = is_async_callable(func)

    @property
    def name(self) -> str:
        """The name of the task in logs: its function's qualified name."""
        func: Any = getattr(self.func, "func", self.func)  # the function of a partial
        return getattr(func, "__qualname__", None) or type(func).__qualname__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    async def __call__(self) -> None:
        """Run the task.

        Raises:
            Exception: what the function raised in its last attempt; a `RuntimeError` for `sys.exit()`, and for what
                it awaited that is cancelled itself.
            TimeoutError: the last attempt took too long.
        """
        drain = current_drain()
        if drain is not None:
            await drain.run(self)
            return
        started = monotonic()
        try:
            await self.run()
        except (Exception, GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException:  # cancelled, as by a server that waits no longer
            log_cut_off(self.name, monotonic() - started)
            raise

    async def run(self) -> None:
        """Run the task to its end, with its time-out, its attempts and its error hook."""
        try:
            await self._attempt_repeatedly()
        except Exception as exc:
            if self.options.on_error is not None:
                await self._call_hook(self.options.on_error, exc)
            raise

    async def _attempt_repeatedly(self) -> None:
        retry = self.options.retry
        if retry is not None:
            from anyio import sleep

            for delay in retry.delays():
                try:
                    await self._attempt()
                except retry.on:
                    await sleep(delay)
                else:
                    return
        await self._attempt()

    async def _attempt(self) -> None:
        timeout = self.options.timeout
        if timeout is None:
            await self._call(abandon_on_cancel=False)
            return
        from anyio import move_on_after

        with move_on_after(timeout) as scope:
            await self._call(abandon_on_cancel=True)
        if scope.cancelled_caught:
            raise TimeoutError(f"{self.name} took longer than {timeout:g} seconds")

    async def _call(self, *, abandon_on_cancel: bool) -> None:
        try:
            if self.is_async:
                await self.func(*self.args, **self.kwargs)
            else:
                call = partial(self.func, *self.args, **self.kwargs)
                await self.options.limiter.run(call, abandon_on_cancel=abandon_on_cancel or current_drain() is not None)
        except (Exception, GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as exc:
            if not isinstance(exc, SystemExit) and cancels_current_task():
                raise
            error = f"the task {self.name} raised {type(exc).__name__}, which ends no more than the task"
            raise RuntimeError(error) from exc

    async def _call_hook(self, hook: Callable[..., Any], exc: Exception) -> None:
        if is_async_callable(hook):
            await hook(self, exc)
        else:
            hook(self, exc)
