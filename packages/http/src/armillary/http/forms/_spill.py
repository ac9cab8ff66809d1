"""One temporary file for all files of a form that do not fit into memory: a form costs one descriptor.

Layout: the files follow each other in the order they arrived. Each is a section: where it begins, how long it is, and
the room it has, which ends where the next section begins. A section that is written to beyond its room moves to the end
of the spill file, with twice the room it needs; its old place is not used again.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Iterable
from threading import Lock
from typing import Any, BinaryIO, NoReturn, cast

from armillary.asgi_types import HTTPException

from ._spill_limit import SPILL_FILES, SpillLimit
from ._upload import in_file_thread

COPY_SIZE = 256 * 1024
"""Bytes copied at once when a section moves."""

# ENOENT: no directory for temporary files could be written to, which is what tempfile reports on a full disk.
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOENT))
_NO_DESCRIPTOR = frozenset((errno.EMFILE, errno.ENFILE))


async def open_spill() -> SpillFile:
    """Return a new spill file, opened in a worker thread.

    Raises:
        HTTPException: 503, too many are open; 507, it cannot be created on a full disk.
    """
    await SPILL_FILES.acquire()
    opening = _Opening()
    try:
        await in_file_thread(opening.open)
    except BaseException as exc:
        opening.abandon()
        if isinstance(exc, OSError):
            raise_rejection(exc)
        raise
    return cast(SpillFile, opening.spill)


class _Opening:
    """A spill file that a thread opens for a form; one that nobody waits for any more is closed.

    The place of the form becomes free once: by the file that is closed, or here if there is none.
    """

    def __init__(self) -> None:
        self.spill: SpillFile | None = None
        self._lock = Lock()
        self._is_abandoned = self._is_opening = False

    def open(self) -> None:
        """Open it, in the thread."""
        with self._lock:
            if self._is_abandoned:
                return
            self._is_opening = True
        try:
            spill = SpillFile(SPILL_FILES)
        except BaseException:
            with self._lock:
                self._is_opening, is_abandoned = False, self._is_abandoned
            if is_abandoned:
                SPILL_FILES.release()
            raise
        with self._lock:
            self.spill, is_abandoned = spill, self._is_abandoned
        if is_abandoned:
            spill.leave()

    def abandon(self) -> None:
        """Close it, now or when it is open."""
        with self._lock:
            self._is_abandoned = True
            spill, is_opening = self.spill, self._is_opening
        if spill is not None:
            spill.leave()
        elif not is_opening:
            SPILL_FILES.release()


async def write_spill(spill: SpillFile, pieces: list[bytes]) -> None:
    """Append pieces to a spill file, in a worker thread.

    Raises:
        HTTPException: 507, the disk is full.
    """
    try:
        await in_file_thread(spill.append, pieces)
    except OSError as exc:
        raise_rejection(exc)


def raise_rejection(exc: OSError) -> NoReturn:
    """Raise what a failure to store an upload is to the client: a server without room is no error of the program."""
    if exc.errno in _NO_ROOM:
        raise HTTPException(507, "The server has no room to store this upload.") from exc
    if exc.errno in _NO_DESCRIPTOR:
        from armillary.concurrency import Overloaded

        raise Overloaded("form files", SPILL_FILES.retry_after) from exc
    raise exc


class SpillFile:
    """A temporary file that the files of one form share. Its methods block, and may be called in any thread.

    Args:
        limit: gets a place back when the file is closed.
    """

    def __init__(self, limit: SpillLimit) -> None:
        from tempfile import TemporaryFile

        self._file: Any = TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the last section
        self._limit = limit
        self._lock = Lock()
        self._end = 0
        self._users = 1  # the form that is being read, and each open section

    def append(self, pieces: Iterable[bytes]) -> None:
        """Write pieces at the end."""
        with self._lock:
            for piece in pieces:
                self._write_at(self._end, memoryview(piece))
                self._end += len(piece)

    def section(self, start: int, size: int) -> BinaryIO:
        """Return the file whose content is `size` bytes from `start`; those may be appended later."""
        with self._lock:
            self._users += 1
        return io.BufferedRandom(_Section(self, start, size))

    def reserve(self, size: int) -> int:
        """Return where `size` bytes of room begin, at the end."""
        with self._lock:
            start = self._end
            self._end += size
        return start

    def read_at(self, offset: int, buffer: memoryview) -> None:
        """Fill a buffer with what is at `offset`."""
        with self._lock:
            self._file.seek(offset)
            count = self._file.readinto(buffer)
            buffer[count:] = bytes(len(buffer) - count)  # room that was reserved and not written to

    def write_at(self, offset: int, data: memoryview) -> None:
        """Write at `offset`."""
        with self._lock:
            self._write_at(offset, data)

    def _write_at(self, offset: int, data: memoryview) -> None:
        self._file.seek(offset)
        while data:
            data = data[self._file.write(data) :]

    def leave(self) -> None:
        """Close the file if nobody else uses it."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
        try:
            self._file.close()
        finally:
            self._limit.release()


class _Section(io.RawIOBase):
    """One file in a spill file."""

    def __init__(self, spill: SpillFile, start: int, size: int) -> None:
        self._spill = spill
        self._start, self._size, self._room = start, size, size
        self._position = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"the position of an upload is 0 or more, got {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._size - self._position)]
        if view:
            self._spill.read_at(self._start + self._position, view)
            self._position += len(view)
        return len(view)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        end = self._position + len(view)
        if self._position > self._size:
            self._grow(self._position)
        self._make_room(end)
        self._spill.write_at(self._start + self._position, view)
        self._position = end
        self._size = max(self._size, end)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        size = self._position if size is None else size
        if size > self._size:
            self._grow(size)
        self._size = size
        return size

    def _grow(self, size: int) -> None:
        """Add zeros up to `size`: what is in the room beyond the content may be another file's."""
        self._make_room(size)
        for offset in range(self._size, size, COPY_SIZE):
            self._spill.write_at(self._start + offset, memoryview(bytes(min(COPY_SIZE, size - offset))))
        self._size = size

    def _make_room(self, size: int) -> None:
        if size <= self._room:
            return
        room = 2 * size
        start = self._spill.reserve(room)
        for offset in range(0, self._size, COPY_SIZE):
            piece = memoryview(bytearray(min(COPY_SIZE, self._size - offset)))
            self._spill.read_at(self._start + offset, piece)
            self._spill.write_at(start + offset, piece)
        self._start, self._room = start, room

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._spill.leave()
