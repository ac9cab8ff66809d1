"""Context variables across a thread: in by copy, out by what the function changed."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, Generic, TypeVar

from ._place import Place, current_place

T = TypeVar("T")


class ContextCall(Generic[T]):
    """A call that remembers the context before and after it, wherever it runs.

    The thread pool gives the call a copy of the caller's context. `carry_back` then sets in the
    caller's context whatever the call set in the copy. Variables that only the pool changed
    differ in neither snapshot and stay as they are.

    Args:
        function: what to call.
        place: the one the call holds, which the calls it starts in turn find in the context.
    """

    __slots__ = ("_after", "_before", "_function", "_place")

    def __init__(self, function: Callable[[], T], place: Place) -> None:
        self._function = function
        self._place = place
        self._before: Context | None = None
        self._after: Context | None = None

    def __call__(self) -> T:
        current_place.set(self._place)
        self._before = copy_context()
        try:
            return self._function()
        finally:
            self._after = copy_context()

    def carry_back(self) -> None:
        """Set in the present context the variables that the call has set."""
        before, after = self._before, self._after
        if before is None or after is None:
            return
        missing = object()
        variable: ContextVar[Any]
        for variable, value in after.items():
            if before.get(variable, missing) is not value:
                variable.set(value)
