"""The program whose workers `test_worker.py` starts and kills."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import anyio

from armillary.tasks import Every, Tasks, TasksMiddleware, current_task

settings = json.loads(os.environ["WORKER_APP"])
LOG = Path(settings.pop("log"))
scheduled = Every(1) if settings.pop("scheduled", False) else None
tasks = Tasks(**settings)


def log(*words: object) -> None:
    with LOG.open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


@tasks.task(name="slow")
async def slow(name: str, seconds: float) -> str:
    log("start", name, current_task().delivery, current_task().state["opened"])
    await anyio.sleep(seconds)
    log("end", name)
    return name


@tasks.task(name="poison")
async def poison() -> str:
    log("poison", current_task().delivery)
    if not LOG.with_name("cured").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return "cured"


@tasks.task(name="tick", schedule=scheduled)
async def tick() -> None:
    log("tick")


async def lifespan_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["opened"] = "open"
        log("opened")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        log("closed")
        await send({"type": "lifespan.shutdown.complete"})


app = TasksMiddleware(lifespan_app, tasks)
without_tasks = lifespan_app
