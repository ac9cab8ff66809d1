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
    message, path = _split(exc)
    place = _place(path)
    issue = issue_at(place, message, kind_of(_at(value, place)), location)
    if location == "body":
        issue["path"] = path or path_of(())
    return issue


def reported_place(exc: Exception, value: Any) -> tuple[str, tuple[int | str, ...], str]:
    """Return what msgspec says of a value, the place in it that is wrong, and the kind of what is there."""
    message, path = _split(exc)
    place = _place(path)
    missing = re.fullmatch(r"Object missing required field `(.*)`", message)
    if missing is not None:
        return message, (*place, missing[1]), "missing"
    return message, place, kind_of(_at(value, place))


def _split(exc: Exception) -> tuple[str, str]:
    message, _, path = str(exc).partition(" - at `")
    if path.startswith("key` in `"):  # which key it is, msgspec does not say
        message, path = f"{message}, as a key", path.removeprefix("key` in `")
    return message, path.rstrip("`")


def _place(path: str) -> tuple[int | str, ...]:
    known, _, _ = path.removeprefix("$").partition("[...]")  # which key of an object it is, msgspec does not say
    steps = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", known)
    return tuple(int(index) if index else name for name, index in steps)


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
