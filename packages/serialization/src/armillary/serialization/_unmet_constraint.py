"""Where decoded values do not fulfil constraints, and which of those places were sent."""

from __future__ import annotations

# What is looked at here are the values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
from collections.abc import Callable, Set as AbstractSet
from typing import Any, Final

from ._issues import MAX_ISSUES

Place = tuple[int | str, ...]
Found = list[tuple[Place, str, Any]]
"""Where a value is not as expected, what is, and the value."""

Run = Callable[[Any, Place, Found], None]


class FieldName(str):
    """A step of a place that is a field, which may not have been sent: the value there is then a default."""

    __slots__ = ()


class UnmetConstraint(ValueError):
    """A decoded value that does not fulfil constraints.

    Attributes:
        value: the whole value.
        found: the first of the places, one more than are reported at most.
    """

    def __init__(self, value: Any, found: Found, run: Run) -> None:
        super().__init__(found[0][1])
        self.value = value
        self.found: Found = found[: MAX_ISSUES + 1]
        self._run = run

    def sent(self, source: Any) -> Found:
        """Return those of the places that are in what was sent, with what was: defaults are not checked."""
        found = _FoundInSource(source)
        for item in self.found:
            found.append(item)
        if len(found) < len(self.found) and len(self.found) > MAX_ISSUES:
            found.clear()  # what was found first is full of defaults: search again for what was sent
            self._run(self.value, (), found)
        return found[: MAX_ISSUES + 1]


class _FoundInSource(Found):
    """Places of which only those are kept that were sent."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source

    def append(self, item: tuple[Place, str, Any], /) -> None:
        place, expected, value = item
        sent = _sent_at(self._source, place, value)
        if sent is not _NOT_SENT:
            super().append((place, expected, sent))


_NOT_SENT: Final = object()


def _sent_at(source: Any, place: Place, value: Any) -> Any:
    """Return what was sent at a place, the decoded value where the place does not say; `_NOT_SENT` for a default."""
    for step in place:
        if isinstance(source, dict):
            if step not in source:
                if isinstance(step, FieldName):
                    return _NOT_SENT
                step = str(step)
                if step not in source:
                    return value
            source = source[step]
        elif isinstance(source, list) and isinstance(step, int):
            source = source[step]
        else:
            return value
    # A place does not say which member of a set it is.
    is_member = isinstance(source, list) and not isinstance(value, list | tuple | AbstractSet)
    return value if is_member else source
