"""Destinations for the content of a part: a file, a hash, a function, a storage client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias


class AsyncWriter(Protocol):
    """A storage client: `await sink.write(data)`."""

    def write(self, data: bytes, /) -> Awaitable[Any]:
        """Take the next piece."""
        ...


class BinaryWriter(Protocol):
    """An open binary file."""

    def write(self, data: bytes, /) -> Any:
        """Take the next piece; may block."""
        ...


class Hash(Protocol):
    """A hash of `hashlib`, or anything else with `update`."""

    def update(self, data: bytes, /) -> Any:
        """Take the next piece."""
        ...


PartSink: TypeAlias = AsyncWriter | BinaryWriter | Hash | Callable[[bytes], Any]
"""A part's destination; what `write` or the function returns is awaited if it is awaitable."""

WriteTo: TypeAlias = Callable[[bytes], Awaitable[None]]


def writer_for(sink: PartSink) -> WriteTo:
    """Return an async function that passes a sink its next piece.

    A blocking `write` runs in a thread of the `files` limiter; `update` and functions run here.

    Raises:
        TypeError: it is not a sink.
    """
    from armillary.asgi_types import is_async_callable

    write = getattr(sink, "write", None)
    if callable(write):
        return _awaiting(write) if is_async_callable(write) else _in_thread(write)
    update = getattr(sink, "update", None)
    if callable(update):
        return _awaiting(update)
    if callable(sink):
        return _awaiting(sink)
    raise TypeError(f"a part's sink is an object with write or update, or a function of bytes, got {sink!r}")


def _awaiting(function: Callable[[bytes], Any]) -> WriteTo:
    async def write(data: bytes) -> None:
        result = function(data)
        if hasattr(result, "__await__"):
            await result

    return write


def _in_thread(function: Callable[[bytes], Any]) -> WriteTo:
    from ._upload import in_file_thread

    async def write(data: bytes) -> None:
        result = await in_file_thread(function, data)
        if hasattr(result, "__await__"):
            await result

    return write
