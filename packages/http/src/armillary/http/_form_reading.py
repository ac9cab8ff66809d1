"""Reading a whole form: fields as text, files kept in memory or on disk."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine, Generator
from typing import Any, BinaryIO, Protocol

from ._form_data import FormData
from ._multipart import MultipartDecoder
from ._part_headers import PartHeaders
from ._upload import UploadFile, in_file_thread, open_on_disk
from ._urlencoded import UrlencodedDecoder

FORM_MEMORY = 8 * 1024 * 1024
"""Bytes of memory for all files of a form together; later files go to disk, except small ones."""

SMALL_FILE = 64 * 1024
"""Bytes of a file that always stays in memory: a form may have a thousand, a process can open few more."""

WRITE_SIZE = 256 * 1024
"""Bytes collected before they are written to disk, so that a large file needs few calls in a thread."""


class _FileContent:
    """The content of one file as it arrives: pieces in memory, then a file on disk."""

    __slots__ = ("_file", "_pieces", "_pieces_size", "size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._pieces_size = 0
        self._file: BinaryIO | None = None
        self.size = 0

    def keep(self, piece: bytes, memory_left: int) -> bool:
        """Add a piece; return whether what is held in memory must now go to disk."""
        self._pieces.append(piece)
        self._pieces_size += len(piece)
        self.size += len(piece)
        if self._file is not None:
            return self._pieces_size >= WRITE_SIZE
        return self.size > UploadFile.max_memory_size or self.size > max(memory_left, SMALL_FILE)

    async def spill(self) -> None:
        """Write what is held in memory to disk."""
        if self._file is None:
            self._file = await in_file_thread(open_on_disk, self._pieces)
            self._forget_pieces()
        else:
            await self._flush(self._file)

    @property
    def in_memory(self) -> int:
        """Bytes of a file that is entirely in memory; 0 for one on disk."""
        return self.size if self._file is None else 0

    async def _flush(self, file: BinaryIO) -> None:
        if self._pieces:
            await in_file_thread(file.writelines, self._pieces)
            self._forget_pieces()

    def _forget_pieces(self) -> None:
        self._pieces = []
        self._pieces_size = 0

    async def finish(self, part: PartHeaders) -> UploadFile:
        """Return the complete file, positioned at its start."""
        file = self._file
        if file is None:
            return UploadFile.of_pieces(self._pieces, self.size, part.filename, part.headers)
        await self._flush(file)
        await in_file_thread(file.seek, 0)
        return UploadFile(file, size=self.size, filename=part.filename, headers=part.headers)

    def discard(self) -> None:
        """Close the file on disk, if there is one."""
        if self._file is not None:
            self._file.close()


async def read_multipart_form(stream: AsyncIterable[bytes], decoder: MultipartDecoder) -> FormData:
    """Read a multipart form to its end.

    Raises:
        FormError: it is malformed or over a limit. No file is left open.
    """
    items: list[tuple[str, UploadFile | str]] = []
    content: _FileContent | None = None
    part: Any = None
    text: list[bytes] = []
    memory_left = FORM_MEMORY
    try:
        async for piece in stream:
            for event in decoder.feed(piece):
                if isinstance(event, bytes):
                    if content is None:
                        text.append(event)
                    elif content.keep(event, memory_left):
                        await content.spill()
                elif event is not None:
                    part = event
                    content = None if part.filename is None else _FileContent()
                elif content is None:
                    items.append((part.name, decoder.decode_text(b"".join(text))))
                    text.clear()
                else:
                    memory_left -= content.in_memory
                    items.append((part.name, await content.finish(part)))
                    content = None
        decoder.finish()
    except BaseException:
        if content is not None:
            content.discard()
        for _, value in items:
            if isinstance(value, UploadFile):
                value.close_now()
        raise
    return FormData(items)


async def read_urlencoded_form(stream: AsyncIterable[bytes], decoder: UrlencodedDecoder) -> FormData:
    """Read a urlencoded form to its end.

    Raises:
        FormError: it is over a limit.
    """
    async for piece in stream:
        decoder.feed(piece)
    return FormData(decoder.finish())


class Closing(Protocol):
    """An object that is closed when a block ends."""

    async def close(self) -> None:
        """Close it."""
        ...


class PendingForm:
    """What `request.form()` returns: await it, or open it with `async with` to close its files at the end.

    >>> PendingForm.__name__
    'PendingForm'
    """

    __slots__ = ("_owner", "_read")

    def __init__(self, owner: Closing, read: Callable[[], Coroutine[Any, Any, FormData]]) -> None:
        self._owner = owner
        self._read = read

    def __await__(self) -> Generator[Any, None, FormData]:
        return self._read().__await__()

    async def __aenter__(self) -> FormData:
        return await self._read()

    async def __aexit__(self, *exc_info: object) -> None:
        await self._owner.close()
