"""A progress bar on a terminal."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """One line that is redrawn; nothing is written if the stream is not a terminal.

    Args:
        total: how many steps there are.
        stream: where to draw.

    >>> import sys
    >>> ProgressBar(4, sys.stdout).line(1, "a.css")
    '[#######-----------------------] 1/4 a.css'
    """

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total = total
        self.done = 0
        self._stream = stream
        self._draws = stream.isatty()

    def line(self, done: int, label: str) -> str:
        """Return the line after `done` steps."""
        filled = _WIDTH * done // self.total if self.total else _WIDTH
        return f"[{'#' * filled}{'-' * (_WIDTH - filled)}] {done}/{self.total} {label[-40:]}"

    def advance(self, label: str) -> None:
        """Draw one more step."""
        self.done += 1
        if self._draws:
            self._stream.write(f"\r\x1b[K{self.line(self.done, label)}")
            self._stream.flush()

    def finish(self) -> None:
        """Clear the line."""
        if self._draws:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
