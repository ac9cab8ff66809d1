"""The line of the program that a thread is running, found from its innermost frame."""

from __future__ import annotations

from types import FrameType
from typing import Final

from armillary.asgi_types import source_place

from ._frames import is_library

_LOOPS: Final = ("asyncio.", "trio.", "uvloop")


def running_line(frame: FrameType | None) -> str:
    """Return file, line, function and text of the innermost line of the program itself, inside of the event loop.

    Frames of libraries, and of what started the event loop, are passed over.

    Args:
        frame: the innermost frame of a thread, as of `sys._current_frames()`.

    Returns:
        Such as "app.py line 12, in home: time.sleep(1)"; "" if only libraries run.

    >>> running_line(None)
    ''
    """
    innermost: FrameType | None = None
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(_LOOPS):
            return "" if innermost is None else _line_of(innermost)
        if innermost is None and not is_library(frame.f_code, module):
            innermost = frame
        frame = frame.f_back
    return ""  # no event loop runs: it has ended meanwhile


def _line_of(frame: FrameType) -> str:
    import linecache

    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).strip()
    place = f"{source_place(code.co_filename, frame.f_lineno)}, in {code.co_name}"
    return f"{place}: {text}" if text else place
