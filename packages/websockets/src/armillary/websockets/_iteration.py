"""Messages as an asynchronous iterator that ends with the connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from ._exceptions import WebSocketDisconnect

T = TypeVar("T")


class Messages(Generic[T]):
    """Iterate over what `receive` returns until the connection ends.

    Unlike an async generator it holds nothing that would have to be closed, so a loop over it
    may be left at any point.
    """

    __slots__ = ("_receive",)

    def __init__(self, receive: Callable[[], Awaitable[T]]) -> None:
        self._receive = receive

    def __aiter__(self) -> Messages[T]:
        return self

    async def __anext__(self) -> T:
        try:
            return await self._receive()
        except WebSocketDisconnect:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Do nothing, for code that closes every asynchronous generator."""
