"""What sends without ever waiting leaves the event loop to others in the drop-in too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from testkit import is_fair, longest_run

from armillary.starlette.applications import Starlette
from armillary.starlette.middleware import Middleware
from armillary.starlette.middleware.base import BaseHTTPMiddleware
from armillary.starlette.middleware.gzip import GZipMiddleware
from armillary.starlette.responses import StreamingResponse
from armillary.starlette.routing import Route, WebSocketRoute

pytestmark = pytest.mark.anyio


async def endless_rows() -> AsyncIterator[str]:
    while True:
        yield "1,Ada,1815\n"


async def export(request: Any) -> StreamingResponse:
    return StreamingResponse(endless_rows(), media_type="text/csv")


async def replace_body(request: Any, call_next: Any) -> Any:
    """Return another body; that of the application is never read."""
    response = await call_next(request)
    response.body_iterator = endless_rows()
    return response


async def pass_body(request: Any, call_next: Any) -> Any:
    return await call_next(request)


MIDDLEWARE = {
    "none": [],
    "compression": [Middleware(GZipMiddleware)],
    "passes": [Middleware(BaseHTTPMiddleware, dispatch=pass_body)],
    "replaces the body": [Middleware(BaseHTTPMiddleware, dispatch=replace_body)],
    "compresses a replaced body": [Middleware(GZipMiddleware), Middleware(BaseHTTPMiddleware, dispatch=replace_body)],
}


@pytest.mark.parametrize("middleware", MIDDLEWARE.values(), ids=MIDDLEWARE)
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
async def test_a_turn_comes_after_64_messages_of_a_response(middleware: Any, spec_version: str) -> None:
    app = Starlette(routes=[Route("/", export)], middleware=middleware)
    asgi = {"version": "3.0", "spec_version": spec_version}
    assert is_fair(await longest_run(app, path="/", headers=[(b"accept-encoding", b"gzip")], asgi=asgi))


@pytest.mark.parametrize("method", ["send_text", "send_json", "send_bytes"])
async def test_a_turn_comes_after_64_messages_of_a_websocket(method: str) -> None:
    async def talk(websocket: Any) -> None:
        await websocket.accept()
        while True:
            await getattr(websocket, method)(b"x" if method == "send_bytes" else "x")

    app = Starlette(routes=[WebSocketRoute("/", talk)])
    assert is_fair(await longest_run(app, {"type": "websocket.connect"}, type="websocket", path="/"))
