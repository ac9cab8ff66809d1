"""Whether an application that sends without end leaves the event loop to others, observed without a clock."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel

from testkit.connection import Message
from testkit.scopes import http_scope, websocket_scope

FAIR_TURN = 64
"""Messages after which a loop that sends must have given the event loop a turn."""


async def longest_run(app: Any, *received: Message, messages: int = 5 * FAIR_TURN, **keys: Any) -> int:
    """Return the most messages that an application sends while nothing else on the event loop runs.

    `send` never suspends, as that of a server does not once the client has disconnected. Starts are not counted.

    Args:
        app: the application; what it sends has no end.
        received: the messages of the client, which then waits.
        messages: after how many the application is cancelled.
        keys: keys of the scope; see `http_scope` and `websocket_scope`.
    """
    make = websocket_scope if keys.get("type") == "websocket" else http_scope
    waiting = list(received)
    sent = 0
    marks = [0]

    async def receive() -> Message:
        if not waiting:
            await anyio.sleep_forever()
        return waiting.pop(0)

    async def send(message: Any) -> None:
        nonlocal sent
        if not message["type"].endswith((".start", ".accept")):
            sent += 1
        if sent >= messages:
            group.cancel_scope.cancel()
            await anyio.sleep_forever()

    async def watch_turns() -> None:
        while True:
            marks.append(sent)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(watch_turns)
        await anyio.lowlevel.checkpoint()
        await app(make(**keys), receive, send)
        group.cancel_scope.cancel()
    return max(after - before for before, after in zip(marks, [*marks[1:], sent], strict=True))


def is_fair(run: int) -> bool:
    """Return whether a longest run keeps to `FAIR_TURN`; trio shuffles tasks, so that one may run twice in a row."""
    return run <= 2 * FAIR_TURN
