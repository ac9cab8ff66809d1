"""The errors that pydantic reports, each with its place in what was sent."""

from __future__ import annotations

# What is looked at here are the values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
from collections.abc import Sequence
from typing import Any

from ._issues import ValidationIssue, issue_at, kind_of


def pydantic_issues(exc: Any, value: Any, location: str) -> list[ValidationIssue]:
    """Return the errors of a value that pydantic found invalid."""
    return [_issue(error, value, location) for error in exc.errors(include_url=False)]


def _issue(error: Any, value: Any, location: str) -> ValidationIssue:
    steps: tuple[int | str, ...] = error["loc"]
    if error["type"] == "missing" and steps:
        return issue_at((*place_in(value, steps[:-1]), steps[-1]), error["msg"], "missing", location)
    return issue_at(place_in(value, steps), error["msg"], kind_of(error["input"]), location)


def place_in(value: Any, steps: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return the steps that lead through a value: pydantic also names the members of unions, and validators.

    >>> place_in({"pets": [{"kind": "cat"}]}, ("pets", 0, "cat", "kind"))
    ('pets', 0, 'kind')
    """
    place: list[int | str] = []
    within: Any = value
    for step in steps:
        members: Any = within if isinstance(within, dict) else range(len(within)) if isinstance(within, list) else ()
        key: Any = step if step in members else str(step)
        if key in members:
            within = within[key]
            place.append(key)
    return tuple(place)
