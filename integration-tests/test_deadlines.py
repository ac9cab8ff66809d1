"""A deadline around a whole application: what a request holds is held until its thread returns, then given back."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest
from sqlalchemy import text

from armillary.applications import Armillary
from armillary.concurrency import ENDPOINTS, run_in_threadpool
from armillary.http import PlainTextResponse, Request, Response
from armillary.resilience import TimeoutMiddleware
from armillary.routing import Route
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session

pytestmark = pytest.mark.anyio

HEAD = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
FORM = HEAD + b"x" * 1000 + b"\r\n--limit--\r\n"
HEADERS = [
    (b"host", b"localhost"),
    (b"content-type", b"multipart/form-data; boundary=limit"),
    (b"content-length", str(len(FORM)).encode()),
]


@pytest.fixture
def anyio_backend() -> str:
    """SQLAlchemy's async sessions know no other event loop."""
    return "asyncio"


@pytest.mark.parametrize("kind", ["plain function", "call in a thread"])
async def test_the_form_and_the_transaction_are_held_until_the_thread_returns(tmp_path: Path, kind: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    release = threading.Event()
    uploads: list[Any] = []
    seen: list[Any] = []

    async def begin(request: Request) -> None:
        uploads.append((await request.form())["file"])
        await database_session(request).execute(text("INSERT INTO visit VALUES ('late')"))

    def plain(request: Request) -> Response:
        anyio.from_thread.run(begin, request)
        release.wait(5)
        return PlainTextResponse("late")

    async def calling(request: Request) -> Response:
        await begin(request)
        await run_in_threadpool(partial(release.wait, 5))
        return PlainTextResponse("late")

    async def send(message: Any) -> None:
        seen.append(message.get("status"))
        if message["type"] == "http.response.body":
            seen.extend([ENDPOINTS.in_use, database.pool_status().in_use, uploads[0].file.closed])
            release.set()

    messages = [{"type": "http.request", "body": FORM, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await anyio.sleep_forever()

    endpoint: Any = plain if kind == "plain function" else calling
    inner = Armillary(routes=[Route("/", endpoint, methods=["POST"])])
    app = TimeoutMiddleware(TransactionMiddleware(inner, database), 0.5)
    scope: Any = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": HEADERS}
    async with database.lifespan():
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE visit (path TEXT)"))
        with anyio.fail_after(4):
            await app(scope, receive, send)
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT count(*) FROM visit")) == 0
        assert database.pool_status().in_use == 0
    assert seen == [504, None, 1, 1, False]
    assert ENDPOINTS.in_use == 0
    assert uploads[0].file.closed
