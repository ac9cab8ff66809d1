"""One lifespan of an application: start-up, running, shutdown, all in one task of its own."""

from __future__ import annotations

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._call import ApplicationCall


class LifespanRun(ApplicationCall):
    """Starts an application up and shuts it down.

    Args:
        app: the application.
        scope: the lifespan scope.
        required: whether an application that raises before it receives lifespan.startup is an
            error. The specification has servers go on without lifespan then.
        time_limit: seconds to wait for each event; None waits forever.
    """

    def __init__(self, app: ASGIApp, scope: Scope, *, required: bool, time_limit: float | None) -> None:
        super().__init__(app, scope, time_limit=time_limit)
        self._required = required
        self._startup_received = False
        self._started = anyio.Event()
        self._stop = anyio.Event()
        self._stopped = anyio.Event()
        self._problem: str | None = None

    async def startup(self) -> None:
        """Start the application in a task of its own and wait until it is ready.

        Raises:
            RuntimeError: the application sent lifespan.startup.failed and raised nothing itself.
            BaseException: what the application raised during start-up.
        """
        self.begin()
        await self.wait(self._started, "lifespan.startup.complete")
        if self._problem is not None:
            await self.wait(self.done, "end of the application")
        if isinstance(self.failure, Exception) and not self._required and not self._startup_received:
            self.failure: BaseException | None = None  # It has no lifespan.
        self._raise_problem()

    async def shutdown(self) -> None:
        """Ask the application to close what it opened, and wait for it to return.

        Raises:
            RuntimeError: the application sent lifespan.shutdown.failed and raised nothing itself.
            BaseException: what the application raised during shutdown.
        """
        self._stop.set()
        await self.wait(self._stopped, "lifespan.shutdown.complete")
        await self.wait(self.done, "end of the application")
        self._raise_problem()

    def _raise_problem(self) -> None:
        self.raise_failure()
        if self._problem is not None:
            raise RuntimeError(self._problem)

    # --- the application's side ------------------------------------------------------------

    def returned(self) -> None:
        self._started.set()
        self._stopped.set()

    async def receive(self) -> Message:
        if not self._startup_received:
            self._startup_received = True
            return {"type": "lifespan.startup"}
        self.progress.step("receive() for lifespan.shutdown")
        await self._stop.wait()
        self.progress.step(None)
        return {"type": "lifespan.shutdown"}

    async def send(self, message: Message) -> None:
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
