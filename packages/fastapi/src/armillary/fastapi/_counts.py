"""How many routes run compiled handlers, and why the others do not."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple


class HandlerCounts(NamedTuple):
    """Routes by the code that handles their requests; a route counts at its first request.

    Attributes:
        compiled: routes with a compiled handler.
        kept: routes that run FastAPI's own handler, by the reason.
    """

    compiled: int
    kept: dict[str, int]

    @property
    def share(self) -> float:
        """The share of routes with a compiled handler; 1 if no route had a request yet."""
        total = self.compiled + sum(self.kept.values())
        return self.compiled / total if total else 1.0


_compiled: Counter[None] = Counter()
_kept: Counter[str] = Counter()


def count_compiled() -> None:
    """Count a route whose handler was compiled."""
    _compiled[None] += 1


def count_kept(reason: str) -> None:
    """Count a route that keeps FastAPI's handler."""
    _kept[reason] += 1


def counts() -> HandlerCounts:
    """Return how many routes of this process run compiled handlers, and why the others do not."""
    return HandlerCounts(_compiled[None], dict(_kept))
