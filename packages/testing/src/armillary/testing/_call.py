"""One call of an application, in a task of its own on the application's event loop, and how it ended.

No task group is held open across the caller's code: cancelling, fixtures that are torn down
in another task and exceptions of the caller's are untouched by the client.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from typing import Any

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._errors import is_consequence_of_disconnect
from ._progress import Progress

_running: set[Any] = set()


def start_task(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an async function in a task of its own, with a copy of the caller's context variables.

    Args:
        function: must not raise anything but cancellation.
    """
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        trio.lowlevel.spawn_system_task(function, context=copy_context())
        return
    import asyncio

    task = asyncio.get_running_loop().create_task(function())
    _running.add(task)
    task.add_done_callback(_running.discard)


async def finish_or_hand_over(
    ending: Callable[[], Awaitable[None]], fallback: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Await `ending`; if the caller is cancelled meanwhile, start `fallback` in a task instead."""
    try:
        await ending()
    except anyio.get_cancelled_exc_class():
        start_task(fallback)
        raise


class ApplicationCall:
    """Calls an application once and keeps what it raised until `raise_failure`.

    What a request, a WebSocket and a lifespan have in common. Each is a subclass with the
    application's `receive` and `send`, whose `returned` sets what nobody else will set.

    Args:
        app: the application.
        scope: its scope.
        time_limit: seconds to wait for each step of the application; None waits forever.
        grace: seconds an application has to return after a disconnect, before it is cancelled.
        raise_exceptions: whether what the application raises is raised to the client.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        *,
        time_limit: float | None,
        grace: float = 0,
        raise_exceptions: bool = True,
    ) -> None:
        self.app = app
        self.scope = scope
        self.progress: Progress = Progress()
        self.done: anyio.Event = anyio.Event()
        self.failure: BaseException | None = None
        self.disconnected: bool = False
        self._time_limit = time_limit
        self._grace = grace
        self._raise_exceptions = raise_exceptions
        self._begun = False
        self._cancel_scope: anyio.CancelScope | None = None
        self._cancelled = False

    # --- the client's side -----------------------------------------------------------------

    def begin(self) -> None:
        """Call the application, once, in a task of its own."""
        if not self._begun:
            self._begun = True
            start_task(self._run)

    async def wait(self, event: anyio.Event, expected: str) -> None:
        """Wait for an event of the application, no longer than the time limit."""
        await self.progress.wait(event, expected, self._time_limit)

    def disconnect(self) -> None:
        """Disconnect: `receive` returns that, `send` raises `OSError` from now on."""
        self.disconnected = True

    async def finish(self) -> None:
        """Wait for a call that was begun to return, and cancel it once its grace is over."""
        if not self._begun:
            return
        with anyio.move_on_after(self._grace):
            await self.done.wait()
        if not self.done.is_set():
            self._cancelled = True
            if self._cancel_scope is not None:
                self._cancel_scope.cancel()
            await self.done.wait()

    async def abort(self) -> None:
        """Disconnect, and cancel an application that does not return; what it raises is dropped."""
        self.disconnect()
        await self.finish()
        self.failure = None

    async def leave(self) -> None:
        """End what is still open when its client is left or closed."""
        await self.abort()

    def raise_failure(self) -> None:
        """Raise what the application raised, once, unless it only follows from a disconnect."""
        failure, self.failure = self.failure, None
        if failure is None or (self.disconnected and is_consequence_of_disconnect(failure)):
            return
        if self._raise_exceptions:
            raise failure

    @property
    def has_returned_cleanly(self) -> bool:
        """Whether the application has returned and left nothing to raise."""
        return self.done.is_set() and self.failure is None

    # --- the application's side ------------------------------------------------------------

    async def receive(self) -> Message:
        """Give the application a message."""
        raise NotImplementedError

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        raise NotImplementedError

    def returned(self) -> None:
        """The application has returned, raised or been cancelled."""

    async def _run(self) -> None:
        try:
            with anyio.CancelScope() as self._cancel_scope:
                if self._cancelled:
                    self._cancel_scope.cancel()
                await self._attempt()
        finally:
            self.progress.end()
            self.done.set()
            self.returned()

    async def _attempt(self) -> None:
        cancelled = anyio.get_cancelled_exc_class()
        try:
            call = self.app(self.scope, self.receive, self.send)
            self.progress.begin(call)
            await call
        except cancelled:
            raise
        except BaseException as error:
            self.failure = error
