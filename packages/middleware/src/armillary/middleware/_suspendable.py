"""A coroutine that can be suspended, and resumed inside whatever task asks for it.

What the coroutine awaits of the event loop passes through to the task that resumed it: it sleeps,
reads and locks as if it were that task's own code, and shares its context variables unless it is
given a context of its own. Only a `Suspension` that it awaits on purpose, and that is its own,
returns control to the caller of `resume`.

No task is started and no queue is kept, so exceptions keep their identity and cancellation
reaches the coroutine as it would reach any awaited one.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from operator import call
from types import coroutine
from typing import Any, Generic, TypeVar

from ._errors import WRONG_TASK, CallNextError

T = TypeVar("T")


class Suspension:
    """Awaited by the coroutine to suspend itself; gives the value passed to `resume`.

    Raises:
        CallNextError: awaited by code outside the coroutine, such as a task it started.
    """

    __slots__ = ("coroutine",)

    def __init__(self, coroutine: SuspendableCoroutine[Any]) -> None:
        self.coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        if not self.coroutine.stepping:
            raise CallNextError(WRONG_TASK)
        return (yield self)


class SuspendableCoroutine(Generic[T]):
    """A coroutine and the state of its run.

    Attributes:
        stepping: whether the coroutine's own code is running at this moment. It is not while it waits
            for the event loop, so code that finds it False is not the coroutine's.
        finished: whether the coroutine has returned or raised.
        result: what it returned; set once `finished`.
    """

    __slots__ = ("_coroutine", "_run", "finished", "result", "stepping")

    def __init__(self, coroutine: Coroutine[Any, Any, T], context: Context | None = None) -> None:
        self._coroutine = coroutine
        self._run: Callable[..., Any] = call if context is None else context.run
        self.stepping: bool = False
        self.finished: bool = False
        self.result: T

    @coroutine
    def resume(self, value: Any = None, error: BaseException | None = None) -> Generator[Any, Any, Suspension | None]:
        """Run the coroutine to its next `Suspension`, which is returned, or to its end (None).

        Args:
            value: what the present `Suspension` gives.
            error: raised there instead.
        """
        while True:
            self.stepping = True
            try:
                if error is None:
                    awaited = self._run(self._coroutine.send, value)
                else:
                    awaited = self._run(self._coroutine.throw, error)
            except StopIteration as stop:
                self.finished, self.result = True, stop.value
                return None
            except BaseException:
                self.finished = True
                raise
            finally:
                self.stepping = False
            if isinstance(awaited, Suspension) and awaited.coroutine is self:
                return awaited
            value, error = None, None
            try:
                value = yield awaited
            except BaseException as exc:
                error = exc

    def close(self) -> None:
        """Let a coroutine that will not be resumed run its `finally` clauses."""
        if not self.finished:
            self.finished = True
            self._coroutine.close()
