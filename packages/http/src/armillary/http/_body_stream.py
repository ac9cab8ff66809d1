"""A body in the pieces it arrives in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from armillary.asgi_types import CachedBody, Receive

from ._received_body import receive_piece

OpenBody: TypeAlias = Callable[[], tuple[CachedBody, Receive, int | None]]
"""Called when the first piece is requested; returns the body, its channel and its limit."""


class BodyStream:
    """The async iterator `Request.stream()` returns. An empty piece comes last.

    It is not a generator: it may be abandoned at any point with nothing to clean up.

    Args:
        open_body: called when the first piece is requested.
        idle: seconds to wait for a piece at most; None, the default, for no limit.
    """

    __slots__ = ("_ended", "_idle", "_limit", "_open", "_receive", "_shared")

    _receive: Receive
    _limit: int | None

    def __init__(self, open_body: OpenBody, idle: float | None = None) -> None:
        self._open = open_body
        self._idle = idle
        self._shared: CachedBody | None = None
        self._ended = False

    def __aiter__(self) -> BodyStream:
        return self

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        shared = self._shared
        if shared is None:
            shared, self._receive, self._limit = self._open()
            self._shared = shared
            if shared.body:
                return shared.body
        while not shared.complete:
            piece = await receive_piece(shared, self._receive, self._limit, self._idle)
            if piece:
                return piece
        self._ended = True
        return b""

    async def aclose(self) -> None:
        """End the iteration."""
        self._ended = True
