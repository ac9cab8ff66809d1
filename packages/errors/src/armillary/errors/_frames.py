"""The frames of an exception, told apart by whose code they run: the program's own or a library's.

Every error asks for this, so it loads next to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Final

_APPLICATION: Final = "armillary.applications."

_FOLDER: Final = os.path.dirname(getattr(os, "__file__", os.devnull))  # a frozen one may have no file
_STANDARD_LIBRARY: Final = (os.path.join(_FOLDER, ""), os.path.join(os.path.realpath(_FOLDER), ""))


def is_library(code: CodeType, module: object) -> bool:
    """Return whether code is of the standard library, of an installed package or of this toolkit."""
    if isinstance(module, str) and (module == "armillary" or module.startswith("armillary.")):
        return True
    path = code.co_filename
    if path.startswith("<"):
        return path.startswith("<frozen")
    if "site-packages" in path or "dist-packages" in path:
        return True
    return path.startswith(_STANDARD_LIBRARY)


def steps_of(exc: BaseException) -> Iterator[TracebackType]:
    """Yield the steps of the traceback of an exception, from the outermost call."""
    step = exc.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def has_own_frame(exc: BaseException) -> bool:
    """Return whether code of the program itself, and not of a library, is in the traceback of an exception."""
    frames = [step.tb_frame for step in steps_of(exc)]
    return any(not is_library(frame.f_code, frame.f_globals.get("__name__")) for frame in _inside_middleware(frames))


def _inside_middleware(frames: list[FrameType]) -> list[FrameType]:
    """Return the frames below the innermost layer of the application, so not those of the program's middleware."""
    layers = [at for at, frame in enumerate(frames) if frame.f_globals.get("__name__", "").startswith(_APPLICATION)]
    return frames[layers[-1] :] if layers else frames
