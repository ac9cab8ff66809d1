"""A call of the application that is open: how either client begins it, steps through it and ends it.

A connection is listed as open from its beginning until it is finished, so that a client can end what
is left open before it shuts its application down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, TypeVar, TypeVarTuple, overload

from anyio.from_thread import BlockingPortal

from ._call import ApplicationCall, finish_or_hand_over

_Result = TypeVar("_Result")
_Args = TypeVarTuple("_Args")
_Ending = Callable[[], Coroutine[Any, Any, None]]

EventLoop = Callable[[], AbstractContextManager[BlockingPortal]]
"""Gives the event loop that a connection runs on."""


class Connection:
    """Steps through a call from outside of its event loop.

    Args:
        exchange: the call.
        event_loop: gives its event loop.
        open_connections: where it is listed while it is open.
    """

    def __init__(self, exchange: ApplicationCall, event_loop: EventLoop, open_connections: dict[Any, None]) -> None:
        self.exchange = exchange
        self.is_open: bool = True
        self._resources = contextlib.ExitStack()
        self._portal = self._resources.enter_context(event_loop())
        open_connections[self] = None
        self._resources.callback(open_connections.pop, self, None)

    def begin(self, step: Callable[[], Awaitable[_Result]]) -> _Result:
        """Take the first step; abort the call if that fails."""
        try:
            return self.call(step)
        except BaseException:
            self.finish(self.exchange.abort)
            raise

    @overload
    def call(self, function: Callable[[*_Args], Awaitable[_Result]], *args: *_Args) -> _Result: ...
    @overload
    def call(self, function: Callable[[*_Args], _Result], *args: *_Args) -> _Result: ...
    def call(self, function: Callable[[*_Args], Any], *args: *_Args) -> Any:
        """Call a function, async or not, on the event loop."""
        return self._portal.call(function, *args)

    def finish(self, ending: _Ending) -> None:
        """End the call, once."""
        if not self.is_open:
            return
        self.is_open = False
        with self._resources:
            if not self.exchange.has_returned_cleanly:
                self._portal.call(ending)


class AsyncConnection:
    """Steps through a call on the caller's own event loop.

    Args:
        exchange: the call.
        open_connections: where it is listed while it is open.
    """

    def __init__(self, exchange: ApplicationCall, open_connections: dict[Any, None]) -> None:
        self.exchange = exchange
        self.is_open = True
        self._open_connections = open_connections
        open_connections[self] = None

    async def begin(self, step: Callable[[], Awaitable[_Result]]) -> _Result:
        """Take the first step; abort the call if that fails."""
        try:
            return await step()
        except BaseException:
            await self.finish(self.exchange.abort)
            raise

    async def finish(self, ending: _Ending) -> None:
        """End the call, once; if the caller is cancelled meanwhile, abort it in a task of its own."""
        if not self.is_open:
            return
        self.is_open = False
        self._open_connections.pop(self, None)
        await finish_or_hand_over(ending, self.exchange.abort)
