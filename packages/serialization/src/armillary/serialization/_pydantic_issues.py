"""The errors that pydantic reports, each with its place in what was sent."""

from __future__ import annotations

# What is looked at here are the values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
from collections.abc import Sequence
from typing import Any, Final

from ._issues import ValidationIssue, issue_at, kind_of

MAX_PLACES: Final = 32
"""Places that are looked at for one error."""


def pydantic_issues(exc: Any, value: Any, location: str) -> list[ValidationIssue]:
    """Return the errors of a value that pydantic found invalid."""
    return [_issue(error, value, location) for error in exc.errors(include_url=False)]


def _issue(error: Any, value: Any, location: str) -> ValidationIssue:
    steps: tuple[int | str, ...] = error["loc"]
    wrong = error["input"]
    if error["type"] == "missing" and steps:  # what is wrong has no such key
        return issue_at((*place_in(value, steps[:-1], wrong), steps[-1]), error["msg"], "missing", location)
    return issue_at(place_in(value, steps, wrong), error["msg"], kind_of(wrong), location)


def place_in(value: Any, steps: Sequence[int | str], wrong: Any) -> tuple[int | str, ...]:
    """Return the steps that lead through a value: pydantic also names the members of unions, and validators.

    Such a name may be a key of the value too, so the place is one where the value is the wrong one.

    >>> place_in({"pets": [{"kind": "cat"}]}, ("pets", 0, "cat", "kind"), "cat")
    ('pets', 0, 'kind')
    >>> place_in({"card": {"amount": 1}, "amount": "x"}, ("card", "amount"), "x")
    ('amount',)
    """
    reached: list[tuple[tuple[int | str, ...], Any]] = [((), value)]
    for step in steps:
        ahead: list[tuple[tuple[int | str, ...], Any]] = []
        for place, within in reached:
            keys: Any = within if isinstance(within, dict) else ()
            members: Any = range(len(within)) if isinstance(within, list) else keys
            key: Any = step if step in members else str(step)
            if key in members:
                ahead.append(((*place, key), within[key]))
            ahead.append((place, within))
        reached = ahead[:MAX_PLACES]
    return next((place for place, within in reached if within == wrong), reached[0][0])
