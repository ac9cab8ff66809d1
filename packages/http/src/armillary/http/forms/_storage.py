"""Where the files of a form are kept while it is read: in memory, and what is too large on disk."""

from __future__ import annotations

from ._part_headers import PartHeaders
from ._spill import SpillFile, open_spill, write_spill
from ._upload import UploadFile

FORM_MEMORY = 8 * 1024 * 1024
"""Bytes of memory for all files of a form together; what comes later goes to disk."""

WRITE_SIZE = 256 * 1024
"""Bytes collected before they are written to disk, so that many files or large ones need few calls in a thread."""


class FileStorage:
    """The files of one form as they arrive, one after the other.

    A file is in memory until it is larger than `UploadFile.max_memory_size`, or than what is left of `FORM_MEMORY`.
    From then on its pieces go to the one spill file of the form, where they follow those of earlier files.
    """

    __slots__ = ("_memory_left", "_pieces", "_size", "_spill", "_spilled", "_start", "_unwritten", "_written")

    def __init__(self) -> None:
        self._memory_left = FORM_MEMORY
        # The present file: its pieces while it is in memory, its size, and where it begins on disk.
        self._pieces: list[bytes] = []
        self._size = 0
        self._start: int | None = None
        # All files on disk: the bytes so far, how many of them are written, and the pieces that are not.
        self._spill: SpillFile | None = None
        self._spilled = 0
        self._written = 0
        self._unwritten: list[bytes] = []

    def keep(self, piece: bytes) -> bool:
        """Add a piece to the present file; return whether `write` is due."""
        self._size += len(piece)
        if self._start is not None:
            self._unwritten.append(piece)
            self._spilled += len(piece)
        else:
            self._pieces.append(piece)
            if self._size <= self._memory_left and self._size <= UploadFile.max_memory_size:
                return False
            self._start = self._spilled
            self._spilled += self._size
            self._unwritten += self._pieces
            self._pieces = []
        return self._spilled - self._written >= WRITE_SIZE

    async def write(self) -> SpillFile:
        """Write what was collected to the spill file; return that.

        Raises:
            HTTPException: 503, too many forms have one already; 507, the disk is full.
        """
        spill = self._spill
        if spill is None:
            spill = self._spill = await open_spill()
        if self._unwritten:
            pieces, self._unwritten = self._unwritten, []
            self._written = self._spilled
            await write_spill(spill, pieces)
        return spill

    async def finish_file(self, part: PartHeaders) -> UploadFile:
        """Return the complete present file, at its start; raises as `write`."""
        size, start, pieces = self._size, self._start, self._pieces
        self._size, self._start, self._pieces = 0, None, []
        if start is None:
            self._memory_left -= size
            return UploadFile.of_pieces(pieces, size, part.filename, part.headers)
        spill = self._spill or await self.write()
        return UploadFile(spill.section(start, size), size=size, filename=part.filename, headers=part.headers)

    async def finish(self) -> None:
        """Write the rest, before the files are used; raises as `write`."""
        if self._unwritten:
            await self.write()

    def leave(self) -> None:
        """Leave the spill file to the files in it: it is closed with the last of them, or now if there is none."""
        if self._spill is not None:
            self._spill.leave()
