"""Exception handlers that are plain functions, while no thread is free."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest

from armillary.asgi_types import HTTPException
from armillary.concurrency import ENDPOINTS
from armillary.http import PlainTextResponse, Request, Response, request_response

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    size, max_wait = ENDPOINTS.size, ENDPOINTS.max_wait
    ENDPOINTS.size, ENDPOINTS.max_wait = 1, 0.02
    yield
    ENDPOINTS.size, ENDPOINTS.max_wait = size, max_wait


def plain(request: Request) -> Response:
    return PlainTextResponse("never")


async def rejecting(request: Request) -> Response:
    raise HTTPException(404)


def handler(request: Request, exc: Exception) -> Response:
    return PlainTextResponse("never", 404)


@pytest.mark.parametrize("endpoint", [plain, rejecting])
async def test_the_response_is_the_503_of_the_missing_thread(endpoint: Any) -> None:
    release = threading.Event()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    record = {"exception_handlers": {HTTPException: handler}}
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": [], "armillary": record}
    async with anyio.create_task_group() as group:
        group.start_soon(ENDPOINTS.run, partial(release.wait, 5))
        await anyio.sleep(0.02)
        try:
            await request_response(endpoint)(scope, anyio.sleep_forever, send)
        finally:
            release.set()
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
