"""A program with one durable task, whose effect is a line in a file; CHAOS_QUEUE says where it waits."""

from __future__ import annotations

import os

from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.routing import Route
from armillary.tasks import Tasks, TasksMiddleware
from armillary.web import Armillary

tasks = Tasks(os.environ["CHAOS_QUEUE"], state=os.environ["CHAOS_STATE"], queue="chaos", lease=3)


@tasks.task
def note(key: str) -> None:
    """Append the key to the file of effects."""
    with open(os.environ["CHAOS_EFFECTS"], "a") as file:
        file.write(f"{key}\n")


async def enqueue(request: Request) -> Response:
    key = (await request.body()).decode()
    return JSONResponse({"task": (await note.enqueue(key)).id}, 202)


app = Armillary(
    routes=[Route("/effects", enqueue, methods=["POST"])],
    middleware=[Middleware(TasksMiddleware, tasks)],
)
