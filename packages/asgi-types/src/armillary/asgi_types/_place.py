"""Where a function was written, for errors about it.

An exception that is raised later than the mistake was made, such as one about what an endpoint returned, has no frame
of the function in its traceback: its message names the place instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ._callable import unwrapped


def _current_folder() -> str:
    try:
        return os.path.join(os.getcwd(), "")
    except OSError:  # it was deleted
        return os.sep * 2


_HERE = _current_folder()
"""As the program started: a message is made in the event loop, which looks at no file system."""


def source_place(filename: str, line: int | None) -> str:
    """Return a file, relative to the current folder if it is below it, and a line.

    >>> source_place("/srv/app.py", 3)
    '/srv/app.py line 3'
    """
    shown = filename.removeprefix(_HERE)
    return f"{shown} line {line}" if line else shown


def caller_place() -> tuple[str, int]:
    """Return file and line of the innermost frame outside of the toolkit, for an error that is found later."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_globals.get("__name__", "").startswith("armillary."):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)


def describe_function(function: Callable[..., Any]) -> str:
    """Return the name of a function, of what a partial or decorator hides, or of a class, with its file and line.

    >>> describe_function(print)
    'print'
    """
    inner = _innermost(function)
    name: str = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    code = code_of(inner)
    return name if code is None else f"{name} ({source_place(code.co_filename, code.co_firstlineno)})"


def code_of(function: Any) -> Any:
    """Return the code of a function, or of the `__call__` of an instance; None if it has none."""
    inner = _innermost(function)
    cls: Any = inner.__class__
    return getattr(inner, "__code__", None) or getattr(getattr(cls, "__call__", None), "__code__", None)  # noqa: B004


def _innermost(function: Any) -> Any:
    inner = unwrapped(function)
    while hasattr(inner, "__wrapped__"):
        inner = unwrapped(inner.__wrapped__)
    return inner


def yields_hint(exc: BaseException) -> str | None:
    """Return what is wrong with a generator that yields never or twice, if `contextlib` raised an error of that.

    Its own text names neither the function nor the mistake.
    """
    problem = _YIELDS.get(str(exc)) if type(exc) is RuntimeError else None
    step = exc.__traceback__ if problem else None
    found: Any = None  # the innermost is the one that raised
    while step is not None:
        generator: Any = getattr(step.tb_frame.f_locals.get("self"), "gen", None)
        found = getattr(generator, "ag_code", None) or getattr(generator, "gi_code", None) or found
        step = step.tb_next
    if found is None:
        return None
    place = source_place(found.co_filename, found.co_firstlineno)
    return f"{found.co_name} ({place}) {problem}: it yields once, between what happens before and after"


_YIELDS = {"generator didn't yield": "ended without a yield", "generator didn't stop": "yields a second time"}


class EndpointError(TypeError):
    """An endpoint returned what no response can be made of.

    Args:
        endpoint: the function; the message begins with its name, file and line.
        problem: what it returned, and what to write instead.

    Attributes:
        function: the endpoint.

    >>> EndpointError(print, "returned None; return a Response")
    EndpointError('The endpoint print returned None; return a Response')
    """

    def __init__(self, endpoint: Callable[..., Any], problem: str) -> None:
        super().__init__(f"The endpoint {describe_function(endpoint)} {problem}")
        self.function = endpoint
