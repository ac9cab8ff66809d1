"""A form that is awaited, or opened with `async with`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Protocol

from ._data import FormData


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
