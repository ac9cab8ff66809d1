"""One call of an application, and how it ended."""

from __future__ import annotations

import anyio

from armillary.asgi_types import ASGIApp, Receive, Scope, Send

from ._errors import is_consequence_of_disconnect
from ._progress import Progress


class ApplicationCall:
    """Runs the application once and keeps what it raised until `take_failure`.

    An application that outlives its client receives the disconnect first, then is cancelled.
    """

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.progress = Progress()
        self.done = anyio.Event()
        self.failure: BaseException | None = None
        self._app = app
        self._scope = scope
        self._cancel_scope: anyio.CancelScope | None = None
        self._cancelled = False

    async def run(self, receive: Receive, send: Send) -> None:
        """Call the application; never raises what it raises."""
        try:
            with anyio.CancelScope() as self._cancel_scope:
                if self._cancelled:
                    self._cancel_scope.cancel()
                await self._attempt(receive, send)
        finally:
            self.progress.end()
            self.done.set()

    async def _attempt(self, receive: Receive, send: Send) -> None:
        cancelled = anyio.get_cancelled_exc_class()
        try:
            call = self._app(self._scope, receive, send)
            self.progress.begin(call)
            await call
        except cancelled:
            raise
        except BaseException as error:
            self.failure = error

    def cancel(self) -> None:
        """Cancel the application, now or when it is started."""
        self._cancelled = True
        if self._cancel_scope is not None:
            self._cancel_scope.cancel()

    async def end(self, grace: float) -> None:
        """Wait `grace` seconds for the application to return, then cancel it."""
        with anyio.move_on_after(grace):
            await self.done.wait()
        if not self.done.is_set():
            self.cancel()
            await self.done.wait()

    def take_failure(self, *, disconnected: bool) -> BaseException | None:
        """Return what the application raised, once; None for a mere consequence of a disconnect."""
        failure, self.failure = self.failure, None
        if failure is not None and disconnected and is_consequence_of_disconnect(failure):
            return None
        return failure
