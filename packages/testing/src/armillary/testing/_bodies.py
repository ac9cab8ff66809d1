"""What gives the parts of a request body, and reads the files that an application has the server send.

Synchronous iterators and files are read in a worker thread, so that they never block the
event loop.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any, Protocol

import anyio
import anyio.to_thread


class BodySource(Protocol):
    """Gives the request body in parts."""

    async def next_part(self) -> tuple[bytes, bool]:
        """Return a part, and whether there are more."""
        ...


class WholeBody:
    """A body that is complete from the start."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def next_part(self) -> tuple[bytes, bool]:
        return self._body, False


class IteratedBody:
    """A body read from a synchronous iterator, in a worker thread."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    async def next_part(self) -> tuple[bytes, bool]:
        part = await anyio.to_thread.run_sync(next, self._parts, None)
        return (b"", False) if part is None else (part, True)


class AsyncIteratedBody:
    """A body read from an asynchronous iterator."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts

    async def next_part(self) -> tuple[bytes, bool]:
        try:
            return await anext(self._parts), True
        except StopAsyncIteration:
            return b"", False


class FedBody:
    """A body that a test sends part by part."""

    def __init__(self) -> None:
        self._parts: deque[tuple[bytes, bool]] = deque()
        self._fed = anyio.Event()
        self._complete = False

    def feed(self, part: bytes, *, more: bool) -> None:
        """Add a part; the last has `more` false."""
        if self._complete:
            raise RuntimeError("the request body is complete; its last part was sent with more=False")
        self._complete = not more
        self._parts.append((part, more))
        self._fed.set()

    async def next_part(self) -> tuple[bytes, bool]:
        while not self._parts:
            self._fed = anyio.Event()
            await self._fed.wait()
        return self._parts.popleft()


def body_source(stream: Any, whole: type[Any]) -> BodySource:
    """Return the source for the body of a client library's request.

    Args:
        stream: the body.
        whole: the library's class of bodies that are bytes.
    """
    if isinstance(stream, whole):
        return WholeBody(b"".join(stream))
    return IteratedBody(iter(stream)) if hasattr(stream, "__iter__") else AsyncIteratedBody(aiter(stream))


async def read_path(path: str) -> bytes:
    """Return the whole file at `path`, read in a worker thread."""
    return await anyio.Path(path).read_bytes()


async def read_descriptor(file: IO[bytes] | int, offset: int | None, count: int | None) -> bytes:
    """Return part of an open file, as `os.sendfile` would send it.

    Args:
        file: a descriptor, or a file that has one.
        offset: where to read, leaving the file's position alone; None reads from the position
            and moves it.
        count: how many bytes; None reads to the end.
    """
    descriptor = file if isinstance(file, int) else file.fileno()
    return await anyio.to_thread.run_sync(_read, descriptor, offset, count)


def _read(descriptor: int, offset: int | None, count: int | None) -> bytes:
    duplicate = os.dup(descriptor)
    with os.fdopen(duplicate, "rb", buffering=0) as source:
        before = None if offset is None else source.seek(0, os.SEEK_CUR)
        if offset is not None:
            source.seek(offset)
        parts: list[bytes] = []
        left = count
        while left is None or left > 0:
            part = source.read(65536 if left is None else min(left, 65536))
            if not part:
                break
            parts.append(part)
            left = None if left is None else left - len(part)
        if before is not None:
            source.seek(before)  # A duplicate shares its position with the original.
        return b"".join(parts)
