"""The parts of a multipart body, one at a time, none kept."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from armillary.datastructures import Headers

from ._decoder import MultipartDecoder
from ._limits import FormError, too_large
from ._part_events import PartEvent
from ._part_headers import PartHeaders
from ._part_sink import PartSink, writer_for


class PartStream:
    """The async iterator `request.parts()` returns.

    One part is open at a time: advancing to the next skips the rest of the current one.
    """

    def __init__(self, decoder: MultipartDecoder, stream: AsyncIterator[bytes]) -> None:
        self._decoder = decoder
        self._stream = stream
        self._events: deque[PartEvent] = deque()
        self._ended = False
        self._current: Part | None = None
        self.received: int = 0
        """Bytes of the body received so far."""

    def __aiter__(self) -> PartStream:
        return self

    async def __anext__(self) -> Part:
        if self._current is not None:
            await self._current.pass_over()
            self._current = None
        if not await self._fill():
            raise StopAsyncIteration
        headers = self._events.popleft()
        if not isinstance(headers, PartHeaders):
            raise FormError("Invalid multipart data.")
        self._current = Part(self, headers, self._decoder.decode_field)
        return self._current

    async def _fill(self) -> bool:
        """Wait for an event; return whether there is one."""
        while not self._events and not self._ended:
            try:
                piece = await anext(self._stream)
            except StopAsyncIteration:
                piece = b""
                self._ended = True
                self._decoder.finish()
            self.received += len(piece)
            self._events.extend(self._decoder.feed(piece) if piece else ())
        return bool(self._events)

    async def next_content(self) -> bytes | None:
        """Return the next piece of the open part; None at its end."""
        if not await self._fill():
            return None
        event = self._events.popleft()
        return event if isinstance(event, bytes) else None


class Part:
    """One part of a multipart body, as it arrives. Iterate over it, or call one of its methods, once.

    Attributes:
        name: the field's name.
        filename: the file name sent by the client; None for a field. Never use it as a path.
        headers: all headers of the part.
        size: bytes of its content read so far.
    """

    def __init__(self, stream: PartStream, headers: PartHeaders, decode: Callable[[PartHeaders, bytes], str]) -> None:
        self._stream = stream
        self._decode = decode
        self._part_headers = headers
        self._ended = False
        self._skipped = False
        self.name: str = headers.name
        self.filename: str | None = headers.filename
        self.headers: Headers = headers.headers
        self.size: int = 0

    @property
    def content_type(self) -> str | None:
        """The media type sent by the client, None if there is none."""
        content_type: str | None = self.headers.get("content-type", None)
        return content_type

    def __aiter__(self) -> Part:
        return self

    async def __anext__(self) -> bytes:
        if self._skipped:
            raise RuntimeError(f"The part {self.name!r} was skipped; read it before advancing to the next")
        if self._ended:
            raise StopAsyncIteration
        piece = await self._stream.next_content()
        if piece is None:
            self._ended = True
            raise StopAsyncIteration
        self.size += len(piece)
        return piece

    async def skip(self) -> None:
        """Skip the rest of the part."""
        async for _ in self:
            pass

    async def pass_over(self) -> None:
        """Skip the rest, if any; reading the part afterwards is an error."""
        if not self._ended:
            await self.skip()
            self._skipped = True

    async def read(self, max_size: int = 1024 * 1024) -> bytes:
        """Return the rest of the part.

        Args:
            max_size: bytes to hold in memory at most.

        Raises:
            FormTooLarge: 413, there is more.
        """
        pieces: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > max_size:
                raise too_large("Part", max_size)
            pieces.append(piece)
        return b"".join(pieces)

    async def text(self, max_size: int = 1024 * 1024) -> str:
        """Return the rest of the part as text; bytes invalid in its charset, or the form's, become U+FFFD."""
        return self._decode(self._part_headers, await self.read(max_size))

    async def copy_to(self, *sinks: PartSink, progress: Callable[[int], Any] | None = None) -> int:
        """Write the rest of the part to sinks, piece by piece as it arrives.

        Args:
            *sinks: open files (written in a worker thread), hashes, functions of bytes, or objects
                with an async `write`. They are not closed.
            progress: called with the bytes copied so far after each piece; its result is awaited if awaitable.

        Returns:
            The bytes copied.

        >>> import hashlib
        >>> async def save(part, file):
        ...     digest = hashlib.sha256()
        ...     await part.copy_to(file, digest)
        ...     return digest.hexdigest()
        """
        writers = [writer_for(sink) for sink in sinks]
        copied = 0
        async for piece in self:
            for write in writers:
                await write(piece)
            copied += len(piece)
            if progress is not None:
                result = progress(copied)
                if hasattr(result, "__await__"):
                    await result
        return copied

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, filename={self.filename!r})"
