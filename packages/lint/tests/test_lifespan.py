"""Lifespan messages in and out of order."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import pytest

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.lint import LintError, lint

STARTUP: Message = {"type": "lifespan.startup"}
SHUTDOWN: Message = {"type": "lifespan.shutdown"}
STARTED: Message = {"type": "lifespan.startup.complete"}
STOPPED: Message = {"type": "lifespan.shutdown.complete"}


def run_steps(drive: SimpleNamespace, *steps: Message) -> None:
    """Run an app that receives each event and sends each message, in this order."""
    events = [step for step in steps if step in (STARTUP, SHUTDOWN)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for step in steps:
            if step in events:
                await receive()
            else:
                await send(step)

    peer = drive.Peer(*events)
    anyio.run(lint(app), drive.lifespan_scope(), peer.receive, peer.send)


def test_a_whole_lifespan_passes(drive: SimpleNamespace) -> None:
    run_steps(drive, STARTUP, STARTED, SHUTDOWN, STOPPED)


@pytest.mark.parametrize("failed", ["startup", "shutdown"])
def test_a_failure_passes(drive: SimpleNamespace, failed: str) -> None:
    failure: Message = {"type": f"lifespan.{failed}.failed", "message": "no database"}
    run_steps(drive, *((STARTUP,) if failed == "startup" else (STARTUP, STARTED, SHUTDOWN)), failure)


def test_an_application_without_lifespan_passes(drive: SimpleNamespace) -> None:
    run_steps(drive)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((STARTED,), "the lifespan is idle; send it once, after receiving lifespan.startup"),
        ((STARTUP, STARTED, STARTED), "the lifespan is running"),
        ((STARTUP, STOPPED), "after receiving lifespan.shutdown"),
        ((STARTUP,), "returned without acknowledging lifespan.startup"),
        ((STARTUP, STARTED, SHUTDOWN), "returned without acknowledging lifespan.shutdown"),
        ((SHUTDOWN,), "received lifespan.shutdown: the lifespan is idle"),
        ((STARTUP, STARTED, STARTUP), "received lifespan.startup: the lifespan is running"),
        ((STARTUP, {"type": "lifespan.startup.failed", "message": 1}), "'message' is int"),
        ((STARTUP, {"type": "http.response.start"}), "a lifespan scope sends no such message"),
    ],
)
def test_a_broken_lifespan_is_named(drive: SimpleNamespace, steps: tuple[Message, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        run_steps(drive, *steps)


def test_a_server_that_sends_something_else_is_named(drive: SimpleNamespace) -> None:
    with pytest.raises(LintError, match="a lifespan scope receives no such message"):
        drive.app(drive.lifespan_scope(), (), ({"type": "http.request"},))


def test_state_must_be_a_dict(drive: SimpleNamespace) -> None:
    with pytest.raises(LintError, match="'state' is list"):
        drive.app(drive.lifespan_scope(state=[]), ())
