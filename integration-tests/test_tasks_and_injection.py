"""Injected functions as tasks: the providers of requests, and a scope of its own for each attempt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import anyio
import pytest
from dishka import Provider, Scope, provide
from testkit import ASYNCIO, TRIO

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import PlainTextResponse
from armillary.injection import Injection, InjectionMiddleware, inject, task_scope
from armillary.routing import Route
from armillary.tasks import TaskRetry, Tasks, TasksMiddleware
from armillary.testing import AsyncTestClient

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO, TRIO])]


class Mailer:
    """One for the process: what it sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []


class Session:
    """One for each request or attempt."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_open = True


class Services(Provider):
    mailer = provide(Mailer, scope=Scope.APP)
    numbers = count(1)

    @provide(scope=Scope.REQUEST)
    async def session(self) -> AsyncIterator[Session]:
        session = Session(next(self.numbers))
        yield session
        session.is_open = False


async def test_a_task_is_injected_like_an_endpoint_with_a_scope_for_each_attempt(anyio_backend: Any) -> None:
    injection = Injection(Services())
    tasks = Tasks(scope=lambda: task_scope(injection))
    sessions: list[Session] = []

    @tasks.task(retry=TaskRetry(2, delay=0.01))
    @inject
    async def send(to: str, mailer: Mailer, session: Session) -> int:
        sessions.append(session)
        assert session.is_open
        if len(sessions) == 1:
            raise LookupError("at first")
        mailer.sent.append(to)
        return session.number

    @inject
    async def endpoint(mailer: Mailer, session: Session) -> PlainTextResponse:
        enqueue: Any = send.enqueue  # a type checker knows nothing of what is injected
        result = await (await enqueue("ada")).result(timeout=60)
        return PlainTextResponse(f"{mailer.sent} {session.number} {result}")

    app = Armillary(
        routes=[Route("/", endpoint)],
        middleware=[Middleware(TasksMiddleware, tasks), Middleware(InjectionMiddleware, injection)],
        lifespan=injection.lifespan,
    )
    with anyio.fail_after(60):
        async with AsyncTestClient(app) as client:
            numbers = (await client.get("/")).text
    assert numbers == f"['ada'] {sessions[0].number - 1} {sessions[1].number}"
    assert [session.is_open for session in sessions] == [False, False]
    assert sessions[0] is not sessions[1]
