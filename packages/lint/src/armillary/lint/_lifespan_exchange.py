"""One lifespan, as a state machine: start-up acknowledged once, then shutdown acknowledged once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._error import fail
from ._fields import check_text

_NEXT_RECEIVED = {"idle": "lifespan.startup", "running": "lifespan.shutdown"}
_SENT_TRANSITIONS = {
    "lifespan.startup.complete": ("starting", "running"),
    "lifespan.startup.failed": ("starting", "ended"),
    "lifespan.shutdown.complete": ("stopping", "ended"),
    "lifespan.shutdown.failed": ("stopping", "ended"),
}


class CheckedLifespanExchange:
    """Checks the messages of one lifespan scope."""

    where = "lifespan"

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._phase = "idle"

    def received(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the application."""
        kind = message["type"]
        where = f"{self.where}, received {kind}"
        if kind not in ("lifespan.startup", "lifespan.shutdown"):
            fail(where, "a lifespan scope receives no such message", "correct the server or the middleware above")
        if kind != _NEXT_RECEIVED.get(self._phase):
            fail(
                where,
                f"the lifespan is {self._phase}",
                "give start-up first and shutdown once, after start-up is complete",
            )
        self._phase = "starting" if kind == "lifespan.startup" else "stopping"

    def sent(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the server."""
        kind: str = message["type"]
        where = f"{self.where}, sent {kind}"
        if kind not in _SENT_TRANSITIONS:
            fail(where, "a lifespan scope sends no such message", f"send one of {', '.join(_SENT_TRANSITIONS)}")
        expected, after = _SENT_TRANSITIONS[kind]
        if self._phase != expected:
            event = "lifespan.startup" if expected == "starting" else "lifespan.shutdown"
            fail(where, f"the lifespan is {self._phase}", f"send it once, after receiving {event}")
        if kind.endswith(".failed"):
            check_text(where, message, "message")
        self._phase = after

    def finished(self) -> None:
        """Check that an application that returned has acknowledged what it received."""
        if self._phase in ("starting", "stopping"):
            event = "startup" if self._phase == "starting" else "shutdown"
            fail(
                self.where,
                f"the application returned without acknowledging lifespan.{event}",
                f"send lifespan.{event}.complete or lifespan.{event}.failed",
            )

    def client_disconnected(self) -> None:
        """Do nothing: a lifespan has no client."""
