"""The bytes of a file that the application asks the server to send."""

from __future__ import annotations

import os
from typing import IO

import anyio
import anyio.to_thread


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
