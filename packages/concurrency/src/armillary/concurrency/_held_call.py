"""A call in a thread that keeps its caller until it has ended, however the caller is cancelled.

anyio shields the wait for a thread from its own cancel scopes. A native cancellation of asyncio, by `Task.cancel`,
`asyncio.timeout` or `wait_at_most`, passes that shield: the caller would leave and give its place back, while the
thread goes on. So the caller asks the call itself whether it still runs.

    waiting ──> running ──> ended
       └──> abandoned: the caller left before a thread took the call, which then does nothing
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from ._event_loop import asyncio_loop

if TYPE_CHECKING:
    from asyncio import Future

T = TypeVar("T")

_WAITING, _RUNNING, _ENDED, _ABANDONED = range(4)


class HeldCall(Generic[T]):
    """A function to call in a thread.

    Args:
        function: called at most once.
    """

    __slots__ = ("_function", "_lock", "_notify", "_state")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._lock = Lock()
        self._notify: Callable[[], object] | None = None
        self._state = _WAITING

    def __call__(self) -> T:
        with self._lock:
            if self._state == _ABANDONED:
                return cast("T", None)  # nobody waits for it
            self._state = _RUNNING
        try:
            return self._function()
        finally:
            with self._lock:
                self._state = _ENDED
                notify = self._notify
            if notify is not None:
                notify()

    async def until_ended(self) -> None:
        """Wait until it does not run, and never will; a cancellation meanwhile does not end the wait."""
        loop = asyncio_loop()
        if loop is None or self._state == _ENDED:
            return
        import asyncio

        ended: Future[None] = loop.create_future()
        with self._lock:
            if self._state != _RUNNING:
                self._state = _ABANDONED
                return
            self._notify = lambda: loop.call_soon_threadsafe(ended.set_result, None)
        while not ended.done():
            try:
                await asyncio.wait({ended})
            except asyncio.CancelledError:
                pass  # the caller is being cancelled already
