"""A file opened for sending."""

from __future__ import annotations

import os
import stat as file_stat
from io import FileIO

from ._file_status import is_same_content

# A pipe or a device at the path must not block the thread that opens it.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def require_regular(path: str | os.PathLike[str], stat: os.stat_result) -> None:
    """Raise `RuntimeError` for a directory, a pipe or a device."""
    if not file_stat.S_ISREG(stat.st_mode):
        raise RuntimeError(f"File at path {os.fspath(path)} is not a file.")


class OpenFile:
    """A regular file, read at any offset. All methods but `close` block.

    Args:
        path: where it is.

    Raises:
        RuntimeError: there is no file, or it is not a regular file.
        OSError: it cannot be opened.
    """

    __slots__ = ("descriptor", "path", "stat")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.descriptor: int = -1
        self.path: str | os.PathLike[str] = path
        try:
            self.descriptor = os.open(path, _OPEN_FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            raise RuntimeError(f"File at path {os.fspath(path)} does not exist.") from None
        except (IsADirectoryError, PermissionError):
            require_regular(path, os.stat(path))
            raise
        self.stat: os.stat_result = os.fstat(self.descriptor)
        try:
            require_regular(path, self.stat)
        except RuntimeError:
            self.close()
            raise

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; none at the end of the file."""
        return _read_at(self.descriptor, count, offset)

    def raw(self) -> FileIO:
        """Return a file object for the same descriptor, which it does not close."""
        return FileIO(self.descriptor, closefd=False)

    def close(self) -> None:
        """Close it; closing again does nothing."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        # Reached only if the task that waited for a thread was cancelled from outside.
        self.close()


class FileReplaced(RuntimeError):
    """A file is no longer the one that was looked at and allowed, or was written to while it was sent."""


class UnchangedFile(OpenFile):
    """A file of which nothing is read that was written after it had been opened."""

    __slots__ = ()

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; none at the end of the file.

        Raises:
            FileReplaced: the file was written to.
        """
        data = super().read(offset, count)
        # Looked at after reading: what was read by then is older than any later change.
        if not is_same_content(self.stat, os.fstat(self.descriptor)):
            raise FileReplaced(
                f"File at path {os.fspath(self.path)} was changed while it was sent, so its rest was not: write a new "
                "file and rename it to this name; for files that grow, set allows_changes on the response class"
            )
        return data


def _seek_and_read(descriptor: int, count: int, offset: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, count)


_read_at = getattr(os, "pread", _seek_and_read)
