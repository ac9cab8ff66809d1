"""A coroutine that is run a stretch at a time, inside whatever task asks for the next stretch.

What the guest awaits of the event loop passes through to the task that drives it: it sleeps,
reads and locks as if it were that task's own code, and shares its context variables. Only a
`Pause` that the guest awaits on purpose stops the drive and returns to the driver.

No task is started and no queue is kept, so exceptions keep their identity and cancellation
reaches the guest as it would reach any awaited coroutine.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, Generic, TypeVar

from ._errors import WRONG_TASK, CallNextError

T = TypeVar("T")


class Pause:
    """Awaited by the guest to hand control, and itself, to the driver; gives the driver's answer.

    Raises:
        CallNextError: awaited by other code than the guest's, such as a task it started.
    """

    __slots__ = ("guest",)

    def __init__(self, guest: Guest[Any]) -> None:
        self.guest = guest

    def __await__(self) -> Generator[Any, Any, Any]:
        if not self.guest.stepping:
            raise CallNextError(WRONG_TASK)
        return (yield self)


class Guest(Generic[T]):
    """A coroutine and the state of its run.

    Attributes:
        stepping: whether the guest's own code is running at this moment. It is not while the guest
            waits for the event loop, so code that finds it False is not the guest's.
        finished: whether the coroutine has returned or raised.
        result: what it returned; set once `finished`.
    """

    __slots__ = ("_coroutine", "finished", "result", "stepping")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self.stepping = False
        self.finished = False
        self.result: T

    @coroutine
    def run(self, answer: Any = None, error: BaseException | None = None) -> Generator[Any, Any, Pause | None]:
        """Drive the guest on to its next `Pause`, which is returned, or to its end (None).

        Args:
            answer: what the `Pause` the guest stands at gives.
            error: raised there instead.
        """
        while True:
            self.stepping = True
            try:
                wanted = self._coroutine.send(answer) if error is None else self._coroutine.throw(error)
            except StopIteration as stop:
                self.finished, self.result = True, stop.value
                return None
            except BaseException:
                self.finished = True
                raise
            finally:
                self.stepping = False
            if isinstance(wanted, Pause):
                return wanted
            answer, error = None, None
            try:
                answer = yield wanted
            except BaseException as exc:
                error = exc

    def close(self) -> None:
        """Let a guest that will not be driven on run its `finally` clauses."""
        if not self.finished:
            self.finished = True
            self._coroutine.close()
