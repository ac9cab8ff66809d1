"""An application that is notified when its server stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, is_async_callable, scope_record
from armillary.exchange import run_lifespan

from ._current_drain import enter_drain, leave_drain
from ._drain import Drain, UnfinishedTask
from ._process_signals import STOP_SIGNALS, SignalChain
from ._stop_event import StopEvent


class Stopping:
    """Notify streams, WebSockets and background tasks when the server stops.

    Servers run the lifespan's shut-down only after every connection is done, so an endless stream
    would block it forever. This middleware receives the same signals as the server, and sets
    `scope["armillary"]["stopping"]`: event streams then end, WebSockets close with 1001, and
    background tasks have `drain_timeout` seconds before they are cancelled and reported. The
    lifespan's shut-down, which closes what they use, waits for them.

    Wrap it around everything else.

    Args:
        app: any ASGI application, with or without lifespan support.
        drain_timeout: seconds that background tasks have once the server stops.
        on_unfinished: called with each task that did not finish; by default it is logged.
        signals: the signals that stop the server, by default SIGTERM and SIGINT; an empty list
            installs no handlers. They reach the server as before.

    Raises:
        ValueError: the time-out is negative.
        TypeError: `on_unfinished` is async, or not a function.

    Attributes:
        event: the event itself, to wait for in your own code. Each lifespan has a new event.

    >>> async def app(scope, receive, send): ...
    >>> stopping = Stopping(app, drain_timeout=5)
    >>> stopping.stop()
    >>> stopping.event.is_set()
    True
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        drain_timeout: float = 10.0,
        on_unfinished: Callable[[UnfinishedTask], object] | None = None,
        signals: Iterable[int] | None = None,
    ) -> None:
        if not drain_timeout >= 0:
            raise ValueError(f"Stopping needs a drain_timeout of at least 0 seconds, got {drain_timeout!r}")
        if on_unfinished is not None and (not callable(on_unfinished) or is_async_callable(on_unfinished)):
            raise TypeError(
                f"Stopping takes on_unfinished as a plain function, not an async one, got {on_unfinished!r}"
            )
        self.app = app
        self._drain_timeout = drain_timeout
        self._on_unfinished = on_unfinished
        self._signals = SignalChain(self.stop, STOP_SIGNALS if signals is None else signals)
        self._reset()

    def _reset(self) -> None:
        self.event: StopEvent = StopEvent()
        self._drain = Drain(self.event, self._drain_timeout, self._on_unfinished)
        self._served = False

    @property
    def running_tasks(self) -> int:
        """How many background tasks run now."""
        return self._drain.tasks.count

    @property
    def unfinished_tasks(self) -> list[UnfinishedTask]:
        """The tasks that did not finish in time, so far."""
        return list(self._drain.unfinished)

    def stop(self) -> None:
        """Report that the server is stopping.

        For servers that hide signals from their workers; from a task, a thread or a signal handler.
        """
        self._drain.begin()
        self.event.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(scope, receive, send)
            return
        scope_record(scope)["stopping"] = self.event
        token = enter_drain(self._drain)
        try:
            with self._drain.connections:
                await self.app(scope, receive, send)
        finally:
            leave_drain(token)

    async def _run_lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._served:
            self._reset()  # an earlier lifespan has ended; tests start one for each client
        scope_record(scope)["stopping"] = self.event

        async def receive_and_stop() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.stop()
                await self._drain.wait_idle()
            return message

        self._signals.install()
        try:
            await run_lifespan(self.app, scope, receive_and_stop, send)
        finally:
            self._served = True
            self._signals.uninstall()
