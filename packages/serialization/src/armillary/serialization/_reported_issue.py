"""The one error that msgspec reports, with its place."""

from __future__ import annotations

# What is looked at here are the values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
import re
from typing import Any

from ._issues import ValidationIssue, issue_at, kind_of, path_of


def reported_issue(exc: Exception, value: Any, location: str) -> ValidationIssue:
    """Return the one error that msgspec reports of a value decoded from JSON."""
    if isinstance(exc, UnicodeEncodeError):  # which JSON can escape and UTF-8 cannot encode
        message = "Expected text that UTF-8 can encode, got a lone surrogate"
        return issue_at(_surrogate_place(value) or (), message, "string", location)
    message, _, path = str(exc).partition(" - at `")
    steps = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path.rstrip("`").removeprefix("$"))
    place = tuple(int(index) if index else name for name, index in steps)
    issue = issue_at(place, message, kind_of(_at(value, place)), location)
    if location == "body":
        issue["path"] = path.rstrip("`") or path_of(())
    return issue


def _at(value: Any, place: tuple[int | str, ...]) -> Any:
    for step in place:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _surrogate_place(value: Any, place: tuple[int | str, ...] = ()) -> tuple[int | str, ...] | None:
    """Return the place of the first text with a lone surrogate; for a member name, that of its object."""
    if isinstance(value, str):
        return None if _fits_utf8(value) else place
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in members:
        if isinstance(step, str) and not _fits_utf8(step):
            return place
        found = _surrogate_place(item, (*place, step))
        if found is not None:
            return found
    return None


def _fits_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
