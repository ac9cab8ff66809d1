"""Background tasks and threads of the drop-in behave as Starlette's."""

from __future__ import annotations

import signal
from contextvars import ContextVar
from io import BytesIO
from typing import Any

import anyio
import anyio.to_thread
import pytest
from testkit.scopes import http_scope

from armillary.starlette.applications import Starlette
from armillary.starlette.background import BackgroundTask, BackgroundTasks
from armillary.starlette.concurrency import (
    default_threads,
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)
from armillary.starlette.datastructures import UploadFile
from armillary.starlette.endpoints import HTTPEndpoint
from armillary.starlette.exceptions import StarletteDeprecationWarning
from armillary.starlette.middleware import Middleware
from armillary.starlette.middleware.base import BaseHTTPMiddleware
from armillary.starlette.requests import Request
from armillary.starlette.responses import Response, StreamingResponse
from armillary.starlette.routing import Route

SETTING: ContextVar[str] = ContextVar("SETTING", default="unset")


@pytest.mark.anyio
async def test_the_first_failing_task_keeps_the_rest_from_running() -> None:
    done: list[str] = []
    tasks = BackgroundTasks()
    tasks.add_task(int, "x")
    tasks.add_task(done.append, "never")
    with pytest.raises(ValueError):
        await tasks()
    assert done == []


def test_adding_a_task_returns_nothing() -> None:
    assert BackgroundTasks().add_task(print) is None  # type: ignore[func-returns-value]


@pytest.mark.anyio
async def test_threads_are_those_of_anyios_default_limiter() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()

    def borrowed(limit: int) -> int:
        return anyio.from_thread.run_sync(lambda: limiter.borrowed_tokens) + limit

    assert await run_in_threadpool(borrowed, limit=10) == 11
    total = limiter.total_tokens
    limiter.total_tokens = 3
    await run_in_threadpool(print, end="")
    assert limiter.total_tokens == 3
    limiter.total_tokens = total


@pytest.mark.anyio
async def test_the_plain_methods_of_an_endpoint_use_them_too_and_wait_for_one_without_limit() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowed: list[float] = []

    class Endpoint(HTTPEndpoint):
        def get(self, request: Request) -> Response:
            borrowed.append(anyio.from_thread.run_sync(lambda: limiter.borrowed_tokens))
            return Response()

    async def send(message: object) -> None: ...

    await Endpoint({"type": "http", "method": "GET", "path": "/", "headers": []}, anyio.sleep_forever, send)  # type: ignore[arg-type]
    assert borrowed == [1]
    assert default_threads.max_wait is None


@pytest.mark.anyio
async def test_a_changed_number_of_anyios_threads_stays_changed() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = 7
    await run_in_threadpool(int)
    assert limiter.total_tokens == 7


@pytest.mark.anyio
async def test_iterating_uses_them_too() -> None:
    assert [item async for item in iterate_in_threadpool("ab")] == ["a", "b"]


@pytest.mark.anyio
async def test_the_first_to_complete_cancels_the_others_and_is_deprecated() -> None:
    done: list[str] = []

    async def first(name: str) -> None:
        done.append(name)

    async def second() -> None:
        await anyio.sleep(5)
        done.append("second")

    with pytest.warns(StarletteDeprecationWarning, match="run_until_first_complete is deprecated"):
        await run_until_first_complete((first, {"name": "first"}), (second, {}))
    assert done == ["first"]


@pytest.mark.anyio
async def test_an_application_installs_no_signal_handler_and_leaves_streams_open_at_a_stop() -> None:
    during: list[object] = []
    handler = signal.getsignal(signal.SIGTERM)
    messages = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]

    async def receive() -> Any:
        during.append(signal.getsignal(signal.SIGTERM))
        return messages.pop()

    async def send(message: object) -> None: ...

    await Starlette()({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert during == [handler, handler]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # trio runs what is ready in any order
async def test_an_upload_on_disk_is_read_in_them_after_a_turn_of_the_event_loop(anyio_backend: str) -> None:
    """So what streams it below `BaseHTTPMiddleware` reads nothing more once the server's send has failed."""

    class Counted(BytesIO):  # not a file in memory, by its class
        def read(self, size: int | None = -1) -> bytes:
            borrowed.append(anyio.from_thread.run_sync(lambda: limiter.borrowed_tokens))
            return super().read(size)

    limiter, borrowed = anyio.to_thread.current_default_thread_limiter(), list[float]()
    upload = UploadFile(Counted(b"x" * 10))

    async def chunks() -> Any:
        while chunk := await upload.read(4):
            yield chunk

    async def endpoint(request: Request[Any]) -> Response:
        return StreamingResponse(chunks())

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client has disconnected")

    middleware = [Middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))]
    app = Starlette(routes=[Route("/", endpoint)], middleware=middleware)
    with pytest.raises(OSError, match="has disconnected"):
        await app(http_scope("/", asgi={"version": "3.0", "spec_version": "2.4"}), anyio.sleep_forever, send)  # type: ignore[arg-type]
    assert borrowed == [1]


@pytest.mark.anyio
async def test_what_a_background_task_sets_in_the_context_of_its_thread_stays_there() -> None:
    before = ContextVar("before", default="unset")
    seen: list[str] = []

    async def look() -> None:
        seen.append(before.get())

    tasks = BackgroundTasks()
    tasks.add_task(before.set, "set")
    tasks.add_task(look)
    await tasks()
    await BackgroundTask(before.set, "set")()
    assert [*seen, before.get()] == ["unset", "unset"]


@pytest.mark.anyio
async def test_a_background_task_that_cannot_be_called_fails_when_it_runs() -> None:
    task = BackgroundTask(1)  # type: ignore[arg-type]
    assert task.func == 1
    with pytest.raises(TypeError):
        await task()


@pytest.mark.anyio
async def test_what_a_thread_sets_in_the_context_stays_there() -> None:
    await run_in_threadpool(SETTING.set, "changed")
    assert [SETTING.get() async for _ in iterate_in_threadpool(SETTING.set(item) for item in "ab")] == ["unset"] * 2
    assert SETTING.get() == "unset"
