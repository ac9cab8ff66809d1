"""What type checkers make of tasks as users write them. Checked, never run."""

from __future__ import annotations

from typing import assert_type

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.background import TaskRetry
from armillary.tasks import (
    Cron,
    EnqueuedTask,
    Every,
    Status,
    Tasks,
    TasksMiddleware,
    current_task,
)

tasks = Tasks("redis://127.0.0.1:6379/0", queue="mail", concurrency=4)


@tasks.task
async def add(a: int, b: int = 0) -> int:
    assert_type(current_task().attempt, int)
    return a + b


@tasks.task(retry=TaskRetry(5, delay=1), timeout=30)
async def send_mail(to: str, *, subject: str = "Welcome") -> None: ...


@tasks.task(schedule=Every(60))
def in_a_thread() -> str:
    return "done"


@tasks.task(schedule=Cron("30 2 * * *", timezone="Europe/Vienna"))
async def by_the_clock() -> None: ...


async def enqueue() -> None:
    enqueued = await add.enqueue(1, b=2)
    assert_type(enqueued, EnqueuedTask[int])
    assert_type(await enqueued.result(timeout=5), int)
    assert_type(await enqueued.status(), Status | None)
    assert_type(await in_a_thread.enqueue(), EnqueuedTask[str])
    await send_mail.options(delay=60, key="ada").enqueue("ada@example.com", subject="Again")
    # Arguments are checked by the function's own parameters.
    await add.enqueue("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await send_mail.enqueue()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def handler(scope: Scope, receive: Receive, send: Send) -> None: ...


app: ASGIApp = TasksMiddleware(handler, tasks)
