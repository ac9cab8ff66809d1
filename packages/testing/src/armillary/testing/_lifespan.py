"""One lifespan of an application: start-up, running, shutdown, all in one task of its own."""

from __future__ import annotations

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._call import ApplicationCall
from ._task import start_task


class LifespanRun:
    """Starts an application up and shuts it down.

    Args:
        app: the application.
        scope: the lifespan scope.
        required: whether an application that raises before it receives lifespan.startup is an
            error. The specification has servers go on without lifespan then.
        time_limit: seconds to wait for each event; None waits forever.
    """

    def __init__(self, app: ASGIApp, scope: Scope, *, required: bool, time_limit: float | None) -> None:
        self._call = ApplicationCall(app, scope)
        self._required = required
        self._time_limit = time_limit
        self._startup_received = False
        self._started = anyio.Event()
        self._stop = anyio.Event()
        self._stopped = anyio.Event()
        self._problem: str | None = None

    async def _run(self) -> None:
        try:
            await self._call.run(self._receive, self._send)
        finally:
            self._started.set()
            self._stopped.set()

    async def startup(self) -> None:
        """Start the application in a task of its own and wait until it is ready.

        Raises:
            RuntimeError: the application sent lifespan.startup.failed and raised nothing itself.
            BaseException: what the application raised during start-up.
        """
        start_task(self._run)
        await self._call.progress.wait(self._started, "lifespan.startup.complete", self._time_limit)
        if self._problem is not None:
            await self._call.progress.wait(self._call.done, "end of the application", self._time_limit)
        await self._raise_problem(unsupported_is_fine=not self._required and not self._startup_received)

    async def shutdown(self) -> None:
        """Ask the application to close what it opened, and wait for it to return.

        Raises:
            RuntimeError: the application sent lifespan.shutdown.failed and raised nothing itself.
            BaseException: what the application raised during shutdown.
        """
        self._stop.set()
        await self._call.progress.wait(self._stopped, "lifespan.shutdown.complete", self._time_limit)
        await self._call.progress.wait(self._call.done, "end of the application", self._time_limit)
        await self._raise_problem(unsupported_is_fine=False)

    async def abort(self) -> None:
        """Cancel the application if it still runs; what it raises is dropped."""
        await self._call.end(0)
        self._call.take_failure(disconnected=True)

    async def _raise_problem(self, *, unsupported_is_fine: bool) -> None:
        failure = self._call.take_failure(disconnected=False)
        if failure is not None and not (unsupported_is_fine and isinstance(failure, Exception)):
            raise failure
        if self._problem is not None:
            raise RuntimeError(self._problem)

    async def _receive(self) -> Message:
        if not self._startup_received:
            self._startup_received = True
            return {"type": "lifespan.startup"}
        self._call.progress.step("receive() for lifespan.shutdown")
        await self._stop.wait()
        self._call.progress.step(None)
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._started.set()
        elif kind == "lifespan.shutdown.complete":
            self._stopped.set()
        elif kind in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
            self._problem = f"the application sent {kind}: {message.get('message', '')}"
            (self._started if kind.startswith("lifespan.startup") else self._stopped).set()
        else:
            raise AssertionError(f"a lifespan scope cannot send {kind!r}")
