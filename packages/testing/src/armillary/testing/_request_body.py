"""Sources of the parts of a request body.

Each source gives one part at a time, with whether more follow. Synchronous iterators run in
a worker thread, so that reading a file never blocks the event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

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
