"""Whether an application that sends without end leaves the event loop to others, observed without a clock."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel

from testkit.scopes import http_scope

FAIR_TURN = 64
"""Messages after which a loop that sends must have given the event loop a turn."""


class _Enough(Exception):
    """Ends an application that has sent enough."""


async def longest_run(app: Any, *, messages: int = 5 * FAIR_TURN, **keys: Any) -> int:
    """Return the most messages of a body that an application sends while nothing else on the event loop runs.

    `send` never suspends, as that of a server does not once the client has disconnected.

    Args:
        app: the application; its response has no end.
        messages: how many to take before the application is stopped.
        keys: keys of the scope; see `http_scope`.
    """
    sent = 0
    marks = [0]

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        nonlocal sent
        if message["type"] != "http.response.start":
            sent += 1
        if sent >= messages:
            raise _Enough

    async def watch_turns() -> None:
        while True:
            marks.append(sent)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(watch_turns)
        await anyio.lowlevel.checkpoint()
        try:
            await app(http_scope(**keys), receive, send)
        except _Enough:
            pass
        group.cancel_scope.cancel()
    return max(after - before for before, after in zip(marks, [*marks[1:], sent], strict=True))


def is_fair(run: int) -> bool:
    """Return whether a longest run keeps to `FAIR_TURN`; trio shuffles tasks, so that one may run twice in a row."""
    return run <= 2 * FAIR_TURN
