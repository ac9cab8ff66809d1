"""The error of a command, and what it says about exceptions of the user's code."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

_LIBRARY = [os.path.realpath(path) for path in {*sysconfig.get_paths().values()} if path != sysconfig.get_path("data")]


class CommandError(Exception):
    """A command cannot do what it was asked to; its text is one sentence, with the fix.

    Raise it in a command of your own: `armillary` prints the sentence and exits with 1.

    >>> str(CommandError("no queue is configured; set QUEUE_URL"))
    'no queue is configured; set QUEUE_URL'
    """


def user_place(exc: BaseException) -> str:
    """Return file and line of the user's code that raised, such as "app.py line 3"; "" if none did."""
    if isinstance(exc, SyntaxError) and exc.filename:
        return place(exc.filename, exc.lineno)
    for frame in reversed(traceback.extract_tb(exc.__traceback__)):
        if is_user_file(frame.filename):
            return place(frame.filename, frame.lineno)
    return ""


def is_user_file(filename: str) -> bool:
    """Return whether a file is of the user's program: no installed package, no standard library, not this one."""
    path = os.path.realpath(filename)
    if filename.startswith("<") or os.path.dirname(path) == os.path.dirname(os.path.realpath(__file__)):
        return False
    here = os.path.realpath(os.getcwd())
    # An environment may be inside the project's folder: what is in it is still not the user's.
    return "site-packages" not in path and (
        _is_below(path, here) or not any(_is_below(path, folder) for folder in _LIBRARY)
    )


def place(filename: str, line: int | None) -> str:
    """Return a file, relative to the current folder if it is below it, and a line."""
    path = Path(os.path.realpath(filename))
    here = Path(os.path.realpath(os.getcwd()))
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"{shown} line {line}" if line else str(shown)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + os.sep)
