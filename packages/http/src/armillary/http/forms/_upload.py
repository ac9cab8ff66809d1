"""Uploaded files, in memory while small and on disk when large."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, ClassVar, Self, TypeVar

from armillary.datastructures import Headers

T = TypeVar("T")


async def in_file_thread(function: Callable[..., T], *args: Any) -> T:
    """Call a blocking file operation in a thread of the `files` limiter."""
    from armillary.concurrency import FILES

    return await FILES.run(partial(function, *args))


def is_in_memory(file: Any) -> bool:
    """Return whether operations on `file` do not touch the disk."""
    if type(file) is BytesIO:
        return True
    # A tempfile.SpooledTemporaryFile has a flag for it.
    return not getattr(file, "_rolled", True)


class UploadFile:
    """A file sent in a form.

    Reading and writing happen in this thread while the file is in memory, in a worker thread
    when it is on disk.

    Args:
        file: an open binary file, at its start.
        filename: the name sent by the client. Never use it as a path: choose your own.
        size: its length in bytes, if known.
        headers: the headers of its part.

    Attributes:
        file, size, filename, headers: as above.
        owned: whether the form closes it; `detach()` makes it False.
        written: whether it was written to, so that it is no longer what was received.

    >>> upload = UploadFile(BytesIO(b"data"), size=4, filename="a.txt")
    >>> upload.filename, upload.size, upload.content_type
    ('a.txt', 4, None)
    """

    max_memory_size: ClassVar[int] = 1024 * 1024
    """Bytes a file may hold in memory; one that grows past it moves to disk."""

    owned: bool = True
    written: bool = False

    def __init__(
        self,
        file: BinaryIO,
        *,
        size: int | None = None,
        filename: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        self._file = file
        self._pieces: list[bytes] = []
        self.filename: str | None = filename
        self.size: int | None = size
        self.headers: Headers = Headers() if headers is None else headers

    @classmethod
    def of_pieces(cls, pieces: list[bytes], size: int, filename: str | None, headers: Headers) -> Self:
        """Return an upload in memory; its pieces are joined on first use."""
        upload = cls(BytesIO(), size=size, filename=filename, headers=headers)
        upload._pieces = pieces
        return upload

    @property
    def file(self) -> BinaryIO:
        """The open binary file."""
        if self._pieces:
            self._file = BytesIO(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
            self._pieces = []
        return self._file

    @file.setter
    def file(self, file: BinaryIO) -> None:
        self._file, self._pieces, self.written = file, [], True

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function that blocks in a thread of the `files` limiter; a subclass may choose other threads."""
        return await in_file_thread(function, *args)

    @property
    def content_type(self) -> str | None:
        """The media type sent by the client, None if there is none."""
        content_type: str | None = self.headers.get("content-type", None)
        return content_type

    async def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes from the current position; all that is left by default."""
        if is_in_memory(self.file):
            return self.file.read(size)
        return await self.in_thread(self.file.read, size)

    async def write(self, data: bytes) -> None:
        """Write at the current position. A file that grows past `max_memory_size` moves to disk."""
        self.written = True
        if self.size is not None:
            self.size += len(data)
        file = self.file
        if not is_in_memory(file):
            await self.in_thread(file.write, data)
        elif type(file) is BytesIO:
            if file.tell() + len(data) > self.max_memory_size:
                self.file = await self.in_thread(_move_to_disk, file)
                await self.in_thread(self.file.write, data)
            else:
                file.write(data)
        else:
            limit = getattr(file, "_max_size", 0)
            if limit and file.tell() + len(data) > limit:
                await self.in_thread(file.write, data)
            else:
                file.write(data)

    async def seek(self, offset: int) -> None:
        """Move to `offset` bytes from the start."""
        if is_in_memory(self.file):
            self.file.seek(offset)
        else:
            await self.in_thread(self.file.seek, offset)

    async def rewind(self) -> None:
        """Move to the start of what was received, to read it again.

        Raises:
            RuntimeError: it was closed, or written to.
        """
        if self.written or self._file.closed:
            change = "written to" if self.written else "closed"
            raise RuntimeError(f"the upload {self.filename!r} was {change}: what was received cannot be read again")
        await self.seek(0)

    async def chunks(self, size: int = 64 * 1024) -> AsyncGenerator[bytes]:
        """Iterate over the file from the current position in chunks of at most `size` bytes."""
        while data := await self.read(size):
            yield data

    async def save(self, path: str | os.PathLike[str]) -> int:
        """Write the whole file to a path of your choosing, in a worker thread.

        Args:
            path: the target; an existing file is an error, never overwritten. If writing fails,
                no file is left there.

        Returns:
            The bytes written.

        Raises:
            FileExistsError: something is at `path` already.
        """
        return await self.in_thread(_copy_to_path, self.file, path)

    def detach(self) -> Self:
        """Detach the file from its form: it stays open until you close it. Returns the file.

        For work that outlives the request, such as a background job.
        """
        self.owned = False
        return self

    async def close(self) -> None:
        """Close the file; one on disk is deleted. Closing it again does nothing."""
        if is_in_memory(self._file):
            self.close_now()
        else:
            await self.in_thread(self._file.close)

    def close_now(self) -> None:
        """Close the file in this thread; for use when cancelled."""
        if self._pieces:
            self._pieces = []
        self._file.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(filename={self.filename!r}, size={self.size!r}, headers={self.headers!r})"


def open_on_disk(chunks: list[bytes]) -> BinaryIO:
    """Return a new temporary file holding `chunks`, positioned at its end. Blocks."""
    from tempfile import TemporaryFile

    file = TemporaryFile()  # noqa: SIM115 - the upload closes it
    try:
        file.writelines(chunks)
    except BaseException:
        file.close()
        raise
    return file


def _move_to_disk(memory: BytesIO) -> BinaryIO:
    position = memory.tell()
    file = open_on_disk([memory.getvalue()])
    file.seek(position)
    memory.close()
    return file


def _copy_to_path(file: BinaryIO, path: str | os.PathLike[str]) -> int:
    import os
    from shutil import copyfileobj

    position = file.tell()
    file.seek(0)
    try:
        target = open(path, "xb")  # noqa: SIM115 - removed below if incomplete
        try:
            with target:
                copyfileobj(file, target, 256 * 1024)
                return target.tell()
        except BaseException:
            os.unlink(path)
            raise
    finally:
        file.seek(position)
