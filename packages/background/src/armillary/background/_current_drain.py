"""The drain of the application that runs now."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol


class CurrentDrain(Protocol):
    """What tasks need of a drain."""

    @property
    def is_stopping(self) -> bool: ...

    @property
    def has_expired(self) -> bool: ...

    async def run(self, task: Any) -> None: ...

    def skip(self, tasks: Sequence[Any]) -> None: ...


_current: ContextVar[CurrentDrain | None] = ContextVar("armillary.background.drain", default=None)


def current_drain() -> CurrentDrain | None:
    """Return the drain of the application this runs in, or None."""
    return _current.get()


enter_drain = _current.set
leave_drain = _current.reset
