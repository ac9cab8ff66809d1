"""Tasks that are enqueued by a transaction, traced from a request, and looked at by another one."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import text
from testkit import ASYNCIO

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.logging import RequestIDMiddleware
from armillary.routing import Route
from armillary.sqlalchemy import (
    Database,
    Inbox,
    Outbox,
    OutboxMessage,
    Relay,
    TransactionMiddleware,
    database_session,
)
from armillary.tasks import Tasks, TasksMiddleware, current_task, status_response
from armillary.testing import AsyncTestClient

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO])]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'orders.db'}")
    async with database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE payment (amount INTEGER)"))
        yield database


async def outbox_of(database: Database) -> Outbox:
    outbox = Outbox(database)
    await outbox.create_table()
    return outbox


async def until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition, which may be async, is true; return what it returned."""
    with anyio.fail_after(60):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await anyio.sleep(0.01)


async def test_a_task_is_enqueued_if_and_only_if_the_transaction_of_its_request_commits(
    database: Database, anyio_backend: Any
) -> None:
    outbox, tasks = await outbox_of(database), Tasks()
    ran: list[str] = []

    @tasks.task(name="mail")
    async def mail(to: str) -> None:
        ran.append(to)

    async def order(request: Request) -> Response:
        to = request.query_params["to"]
        enqueued = await mail.through(outbox, database_session(request)).enqueue(to)
        return JSONResponse({"task": enqueued.id}, 409 if to == "nobody" else 201)

    app = TasksMiddleware(
        TransactionMiddleware(Armillary(routes=[Route("/orders", order, methods=["POST"])]), database), tasks
    )
    async with AsyncTestClient(app) as client, Relay(outbox, tasks.deliver, poll=0.05).running():
        assert (await client.post("/orders?to=nobody")).status_code == 409
        identity = (await client.post("/orders?to=ada")).json()["task"]
        await until(lambda: ran)
        assert await tasks.find(identity).result(timeout=60) is None
        await client.post("/orders?to=bob")
        await until(lambda: len(ran) > 1)
    assert ran == ["ada", "bob"]


async def test_a_message_that_is_delivered_twice_runs_once_and_leaves_the_outcome_as_it_was(
    database: Database, anyio_backend: Any
) -> None:
    outbox, tasks = await outbox_of(database), Tasks()
    messages: list[OutboxMessage] = []
    ran: list[int] = []

    @tasks.task(name="add")
    async def add(number: int) -> int:
        ran.append(number)
        return number + 1

    async def keep(message: OutboxMessage) -> None:
        messages.append(message)

    async with tasks.running(), Relay(outbox, keep, poll=0.05).running():
        async with database.transaction() as session:
            enqueued = await add.through(outbox, session).options(key="one").enqueue(1)
        await until(lambda: messages)
        await tasks.deliver(messages[0])
        assert await enqueued.result(timeout=60) == 2
        await tasks.deliver(messages[0])
        await (await add.enqueue(10)).result(timeout=60)
        assert await enqueued.result(timeout=60) == 2
        with pytest.raises(ValueError, match="topic 'else'"):
            await tasks.deliver(messages[0]._replace(topic="else"))
    assert ran == [1, 10]


async def test_an_effect_in_one_transaction_with_the_tasks_id_happens_once(
    database: Database, anyio_backend: Any
) -> None:
    tasks, inbox = Tasks(), Inbox(database)
    await inbox.create_table()
    attempts: list[str] = []

    @tasks.task(name="pay")
    async def pay(amount: int) -> None:
        attempts.append(current_task().id)
        async with database.transaction() as session:
            if await inbox.record(session, current_task().id):
                await session.execute(text("INSERT INTO payment VALUES (:amount)"), {"amount": amount})
        if len(attempts) == 1:
            raise ConnectionError("after the effect, before the acknowledgement")

    async with tasks.running():
        enqueued = await pay.enqueue(5)
        await until(lambda: attempts)
        await until(lambda: tasks.replay(enqueued.id))
        await enqueued.result(timeout=60)
    assert attempts == [enqueued.id] * 2
    async with database.transaction() as session:
        assert (await session.execute(text("SELECT amount FROM payment"))).all() == [(5,)]


async def test_a_task_carries_the_id_and_the_trace_of_its_request_and_is_looked_at_by_others(
    anyio_backend: Any,
) -> None:
    tasks = Tasks()
    go_on = anyio.Event()
    seen: list[str | None] = []

    @tasks.task(name="resize")
    async def resize() -> str:
        seen.append(current_task().request_id)
        await current_task().report({"done": 1, "of": 2})
        await go_on.wait()
        return "small"

    async def create(request: Request) -> Response:
        return JSONResponse({"task": (await resize.enqueue()).id}, 202)

    async def look(request: Request) -> Response:
        return await status_response(request, tasks.find(request.path_params["id"]), interval=0.01)

    app = Armillary(
        routes=[Route("/pictures", create, methods=["POST"]), Route("/tasks/{id}", look)],
        middleware=[Middleware(RequestIDMiddleware), Middleware(TasksMiddleware, tasks)],
    )
    envelopes: list[Any] = []
    submit = tasks.submit

    async def submitted(envelope: Any, **options: Any) -> str:
        envelopes.append(envelope)
        return await submit(envelope, **options)

    tasks.submit = submitted  # type: ignore[method-assign]
    async with AsyncTestClient(app) as client:
        created = await client.post("/pictures", headers={"x-request-id": "r-1", "traceparent": TRACE})
        path = f"/tasks/{created.json()['task']}"
        await until(lambda: seen)

        async def progress() -> Any:
            response = await client.get(path)
            return response if "progress" in response.json() else None

        running = await until(progress)
        assert running.json() == {"status": "running", "attempt": 1, "progress": {"done": 1, "of": 2}}
        assert running.headers["cache-control"] == "no-store"
        go_on.set()
        with anyio.fail_after(60):
            events = await client.get(path, headers={"accept": "text/event-stream"})
        assert events.headers["content-type"].startswith("text/event-stream")
        last = json.loads(events.text.strip().rpartition("data: ")[2])
        assert (last["status"], last["result"]) == ("succeeded", "small")
        assert (await client.get("/tasks/unknown")).status_code == 404
    assert seen == [created.headers["x-request-id"]]
    assert envelopes[0].trace["traceparent"] == TRACE
