"""The lifespans of mounted applications, run as one with that of the application above.

The lifespan of a mounted application is the ASGI protocol, which it runs by itself: it receives "startup", sends
"complete", receives "shutdown", sends "complete". `LifespanRun` runs several of these as one, each inside of the one
before:

1. An application receives the start-up message and starts.
2. When it asks for its next message, which is the shutdown, the next application is run, from its step 1 to its end.
   When the last one asks, the server is informed that all have started, and the server's shutdown message is awaited.
3. Then the application receives the shutdown message and stops.

So applications start in order and stop in reverse, in the server's own task, and cancel scopes that they leave open
nest as they must. An exception passes through all that surround it, as through nested `async with`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record

from ._lifespan import Started, add_state, serve_started


class MountedLifespan(NamedTuple):
    """An application whose lifespan is to run with that of the router it is mounted on.

    Attributes:
        path: where it is mounted, such as "/admin", to name it in errors.
        app: the application, without the middleware of its mount.
        is_required: whether it is an error that the application has no lifespan.
    """

    path: str
    app: ASGIApp
    is_required: bool = False


def mounts_to_run(mounted: Sequence[MountedLifespan], scope: Scope) -> list[MountedLifespan]:
    """Return the mounted applications whose lifespan is not run yet, and list them as run.

    `scope["armillary"]["lifespan_apps"]` lists those that run, wherever they are mounted.
    """
    listed = scope_record(scope).setdefault("lifespan_apps", [])
    found = [mount for mount in mounted if not any(mount.app is running for running in listed)]
    listed.extend(mount.app for mount in found)
    return found


class LifespanFailure(RuntimeError):
    """An application did not start or stop, and said why without raising."""


class LifespanRun:
    """One run of several lifespans, from the server's start-up message to its shutdown message.

    Args:
        own: the lifespan of the router, around all others.
        has_own: whether the program wrote that lifespan.
        mounted: the applications mounted on it, in the order they start.
        scope, receive, send: the server's lifespan connection.
    """

    def __init__(
        self,
        own: ASGIApp,
        mounted: Sequence[MountedLifespan],
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        has_own: bool,
    ) -> None:
        self.has_own = has_own
        self.parts: list[MountedLifespan | None] = [None, *mounted]
        self.own = own
        self.scope = scope
        self.receive = receive
        self.send = send
        self.owners: dict[str, str] = {}

    async def serve(self) -> None:
        """Run the protocol with the server.

        Raises:
            BaseException: what an application raised, with a note naming it, once the failure was sent to the server.
        """
        await serve_started(lambda started: self.run(0, started), self.receive, self.send)

    async def run(self, position: int, started: Started) -> None:
        """Run the applications from `position` on; if none is left, all have started."""
        if position < len(self.parts):
            await _PartRun(self, position, started).run()
        else:
            await started()

    def share_state(self, state: dict[str, Any], name: str) -> None:
        """Put what an application's start-up stored into the state of all connections."""
        for key in state:
            if key in self.owners:
                raise RuntimeError(
                    f"two lifespans store {key!r} in the state: that of {self.owners[key]} and that of {name}"
                )
            self.owners[key] = name
        add_state(self.scope, state)


class _PartRun:
    """The lifespan of one application, with all later ones inside it.

    `received` counts the messages it has asked for: 0 before step 1, 1 in step 1, 2 from step 2 on.
    """

    def __init__(self, whole: LifespanRun, position: int, started: Started) -> None:
        self.whole = whole
        self.position = position
        self.started = started
        self.mount = whole.parts[position]
        self.app = whole.own if self.mount is None else self.mount.app
        self.place = None if self.mount is None else f"the application mounted at {self.mount.path!r}"
        self.state: dict[str, Any] = {}
        self.received = 0
        self.inside: BaseException | None = None  # what was raised inside of this application, and passes through it
        self.failure: str | None = None
        self.has_started = False

    async def run(self) -> None:
        scope: Scope = {**self.whole.scope, "state": self.state}
        if self.place is not None:
            scope.pop("app", None)  # a mounted router's lifespan is called with that router
        elif "state" not in self.whole.scope:
            del scope["state"]
        try:
            await self.app(scope, self.receive, self.send)
        except BaseException as exc:
            if self.has_no_lifespan(exc):
                _logger().info("%s has no lifespan: it raised %r when it was to start", self.place, exc)
                self.failure = None
            else:
                if exc is not self.inside and self.place is not None:
                    exc.add_note(f"in the lifespan of {self.place}{self.hint}")
                raise
        if self.inside is not None:
            raise self.inside  # the application has swallowed it
        if self.failure is not None:
            place = self.place or "the application"
            raise LifespanFailure(f"The lifespan of {place} failed: {self.failure}{self.hint}")
        if self.received < 2:
            await self.run_inner()  # it has no lifespan: it returned or raised without asking for the shutdown

    def has_no_lifespan(self, exc: BaseException) -> bool:
        """Return whether an application raised before it had started, and without saying so to the server."""
        return (
            self.mount is not None
            and not self.mount.is_required
            and isinstance(exc, Exception)
            and exc is not self.inside
            and self.failure is None
            and not self.has_started
        )

    @property
    def hint(self) -> str:
        """What to write if a lifespan that the program runs by itself does not start for a second time."""
        if self.mount is None or self.mount.is_required or self.has_started or not self.whole.has_own:
            return ""
        return (
            "; if the lifespan of the application above runs it already, as lifespan=that_app.lifespan does, write "
            f"Mount({self.mount.path!r}, ..., lifespan=False)"
        )

    async def receive(self) -> Message:
        self.received += 1
        if self.received == 1:
            return {"type": "lifespan.startup"}
        if self.received == 2:
            await self.run_inner()
        elif self.received > 2:
            raise RuntimeError("receive was called after lifespan.shutdown, the last message")
        return {"type": "lifespan.shutdown"}

    async def run_inner(self) -> None:
        """Run what is inside. An exception of it passes through the application to the server."""
        if not getattr(self.app, "keeps_lifespan_state", False):
            self.whole.share_state(self.state, self.place or "the application itself")
        try:
            await self.whole.run(self.position + 1, self.started)
        except BaseException as exc:
            self.inside = exc
            raise

    async def send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            self.has_started = True
        if message["type"].endswith(".failed"):
            self.failure = message.get("message", "") or "it gave no reason"


def _logger() -> Any:
    import logging

    return logging.getLogger("armillary.routing")
