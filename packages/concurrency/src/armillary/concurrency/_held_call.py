"""A call in a thread that keeps its caller until it has ended, however the caller is cancelled.

anyio shields the wait for a thread from its own cancel scopes. A native cancellation of asyncio, by `Task.cancel`,
`asyncio.timeout` or `wait_at_most`, passes that shield: the caller would leave and give its place back, while the
thread goes on. So the caller asks the call itself whether it still runs. So does one that is to learn of its
cancellation at once, and then waits for the thread all the same (`cancelled_in_thread`).

    waiting ──> running ──> ended
       └──> abandoned: the caller left before a thread took the call, which then does nothing
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._event_loop import asyncio_loop
from ._schedule import current_schedule, schedule_if_running
from ._workers import call_in_worker

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

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

    @property
    def is_running(self) -> bool:
        """Whether a thread has taken the call and is not done with it."""
        return self._state == _RUNNING

    async def until_ended(self) -> None:
        """Wait until it does not run, and never will; a cancellation meanwhile does not end the wait."""
        if self._state == _ENDED:
            return
        from anyio import CancelScope, Event, get_cancelled_exc_class

        ended = Event()
        with self._lock:
            if self._state != _RUNNING:
                self._state = _ABANDONED
                return
            self._notify = partial(schedule_if_running, current_schedule(), ended.set)
        cancelled = get_cancelled_exc_class()
        with CancelScope(shield=True):
            while not ended.is_set():
                try:
                    await ended.wait()
                except cancelled:
                    pass  # natively, and the caller is being cancelled already


cancelled_in_thread: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar(
    "armillary.concurrency.cancelled_in_thread", default=None
)
"""Called in the task of a caller that is cancelled while its thread runs on, before it waits for the thread.

For what has a deadline: the client need not wait for the thread too. It runs under a shield, perhaps several times.
"""


async def run_held(function: Callable[[], T], *, abandon_on_cancel: bool, calls_back: bool) -> T:
    """Call a function in a thread, and keep a cancelled caller until it has ended, unless it abandons the thread.

    Args:
        function: what to call.
        abandon_on_cancel: whether a cancelled caller leaves at once.
        calls_back: whether the function may use `anyio.from_thread`, and needs a thread of anyio for it.
    """
    held = HeldCall(function)
    # With a hook the wait is not shielded, so that the hook is called once the caller is cancelled.
    hook = None if abandon_on_cancel else cancelled_in_thread.get()
    leaves_at_once = abandon_on_cancel or hook is not None
    try:
        loop = None if calls_back else asyncio_loop()
        if loop is not None:
            return await call_in_worker(held, loop, abandon_on_cancel=leaves_at_once)
        from anyio import to_thread

        return await to_thread.run_sync(held, abandon_on_cancel=leaves_at_once, limiter=_unlimited())
    except BaseException:
        if not abandon_on_cancel:
            await _wait_for_thread(held, hook)
        raise


async def _wait_for_thread(held: HeldCall[Any], hook: Callable[[], Awaitable[None]] | None) -> None:
    """Keep a cancelled caller until its thread has ended, and call the hook meanwhile."""
    try:
        if hook is not None and held.is_running:
            from anyio import CancelScope

            with CancelScope(shield=True):
                await hook()
    finally:
        await held.until_ended()


_unlimited_capacities: RunVar[CapacityLimiter] | None = None


def _unlimited() -> CapacityLimiter:
    """Return this event loop's tokens without a limit, for calls whose places are held elsewhere."""
    global _unlimited_capacities
    from anyio.lowlevel import RunVar

    if _unlimited_capacities is None:
        _unlimited_capacities = RunVar("armillary.concurrency.unlimited")
    try:
        return _unlimited_capacities.get()
    except LookupError:
        from anyio import CapacityLimiter

        capacity = CapacityLimiter(inf)
        _unlimited_capacities.set(capacity)
        return capacity
