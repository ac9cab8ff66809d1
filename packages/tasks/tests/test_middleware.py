"""The tasks of an application that they are wrapped around."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from armillary.tasks import Tasks, TasksMiddleware

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("knows_lifespans", [True, False])
async def test_tasks_run_in_front_of_any_application(knows_lifespans: bool) -> None:
    """A server takes an application that raises for one without lifespans; its tasks start all the same."""
    from testkit import lifespan_scope

    tasks = Tasks()
    ran: list[str] = []
    ended = anyio.Event()
    sent: list[str] = []

    @tasks.task
    async def run(name: str) -> None:
        ran.append(name)
        ended.set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not knows_lifespans:
            assert scope["type"] == "http"
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "lifespan.startup"}
        await run.enqueue("ada")
        with anyio.fail_after(60):
            await ended.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await TasksMiddleware(app, tasks)(lifespan_scope(), receive, send)
    assert ran == ["ada"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
