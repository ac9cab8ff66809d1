"""The lifespans of an application and of those mounted in it, as one.

Each runs the ASGI lifespan protocol inside the one before it: while an application waits for its
shutdown message, the following ones start, serve and stop. So they start in order and stop in
reverse, in the server's own task, and cancel scopes that they leave open nest as they must.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record


class LifespanPart(NamedTuple):
    """An application whose lifespan is run.

    `place` names it in errors; None is the application that all others are mounted in.
    `keeps_state` says that it gives its state to its connections itself.
    """

    app: ASGIApp
    place: str | None
    keeps_state: bool = False


class LifespanFailure(RuntimeError):
    """An application did not start or stop, and said why without raising."""


class LifespanRun:
    """One run of several lifespans, from the server's start-up message to its shutdown message.

    Args:
        parts: the applications, in the order they start.
        scope, receive, send: the server's lifespan connection.
    """

    def __init__(self, parts: Sequence[LifespanPart], scope: Scope, receive: Receive, send: Send) -> None:
        self.parts = parts
        self.scope = scope
        self.receive = receive
        self.send = send
        self.started = False
        self.owners: dict[str, str] = {}

    async def serve(self) -> None:
        """Run the protocol with the server.

        Raises:
            BaseException: what an application raised, with a note naming it, once the failure was sent to the server.
        """
        await self.receive()
        try:
            await self.run(0)
        except BaseException as exc:
            await self._send_failure(exc)
            raise
        await self.send({"type": "lifespan.shutdown.complete"})

    async def run(self, position: int) -> None:
        """Run the applications from `position` on, or serve if none is left."""
        if position < len(self.parts):
            await _PartRun(self, position).run()
            return
        await self.send({"type": "lifespan.startup.complete"})
        self.started = True
        await self.receive()

    async def _send_failure(self, exc: BaseException) -> None:
        import traceback

        stage = "shutdown" if self.started else "startup"
        await self.send({"type": f"lifespan.{stage}.failed", "message": "".join(traceback.format_exception(exc))})

    def share_state(self, state: dict[str, Any], part: LifespanPart) -> None:
        """Put what an application's start-up stored into the state of all connections."""
        shared = self.scope.get("state")
        name = part.place or "the application itself"
        for key in state:
            if key in self.owners:
                raise RuntimeError(
                    f"two lifespans store {key!r} in the state: that of {self.owners[key]} and that of {name}"
                )
            self.owners[key] = name
        if shared is not None:
            shared.update(state)
        elif state:
            raise RuntimeError('The server does not support "state" in the lifespan scope.')


class _PartRun:
    """The lifespan of one application, with all later ones inside it."""

    def __init__(self, whole: LifespanRun, position: int) -> None:
        self.whole = whole
        self.position = position
        self.part = whole.parts[position]
        self.state: dict[str, Any] = {}
        self.receive_calls = 0
        self.inside: BaseException | None = None
        self.failure: str | None = None

    async def run(self) -> None:
        try:
            await self.part.app(self._scope(), self._receive, self._send)
        except BaseException as exc:
            if exc is not self.inside and self.part.place is not None:
                exc.add_note(f"in the lifespan of {self.part.place}")
            raise
        if self.inside is not None:
            raise self.inside
        if self.failure is not None:
            raise LifespanFailure(f"The lifespan of {self._name} failed: {self.failure}")
        if self.receive_calls < 2:
            await self._run_inner()

    def _scope(self) -> Scope:
        scope: Scope = {**self.whole.scope, "state": self.state}
        if self.part.place is not None:
            scope.pop("app", None)  # a mounted router's lifespan is called with that router
        elif "state" not in self.whole.scope:
            del scope["state"]
        return scope

    @property
    def _name(self) -> str:
        return self.part.place or "the application"

    async def _receive(self) -> Message:
        self.receive_calls += 1
        if self.receive_calls == 1:
            return {"type": "lifespan.startup"}
        if self.receive_calls == 2:
            await self._run_inner()
        return {"type": "lifespan.shutdown"}

    async def _run_inner(self) -> None:
        """Run what is inside. An exception of it passes through the application to the server."""
        if not self.part.keeps_state:
            self.whole.share_state(self.state, self.part)
        try:
            await self.whole.run(self.position + 1)
        except BaseException as exc:
            self.inside = exc
            raise

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self.failure = message.get("message", "") or "it gave no reason"


def lifespan_parts(stack: ASGIApp, router: Any, scope: Scope) -> list[LifespanPart]:
    """Return the applications whose lifespan is run: the stack's own, then the mounted ones.

    An application that is mounted several times, anywhere below the outermost application, is
    run once.

    Args:
        stack: the application's own middleware and router.
        router: asked for what is mounted with `lifespan=True`.
        scope: the lifespan scope, whose record lists what is run already.
    """
    listed = scope_record(scope).setdefault("lifespan_apps", [])
    parts = [LifespanPart(stack, None)]
    for path, app in router.mounted_lifespans() if hasattr(router, "mounted_lifespans") else ():
        if not any(app is other for other in listed):
            listed.append(app)
            keeps_state = getattr(app, "keeps_lifespan_state", False)
            parts.append(LifespanPart(app, f"the application mounted at {path!r}", keeps_state))
    return parts
