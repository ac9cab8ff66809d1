"""Five middlewares that do nothing, around an application that streams 100 parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest

DEPTH = 5
PARTS = 100


async def _stream(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(PARTS):
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _pass_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


def _stacked(middleware: Any) -> Application:
    app: Application = _stream
    for _ in range(DEPTH):
        app = middleware(app, dispatch=_pass_on)
    return app


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the one contest: `DispatchMiddleware` against Starlette's `BaseHTTPMiddleware`."""
    from starlette.middleware.base import BaseHTTPMiddleware

    from armillary.middleware import DispatchMiddleware

    stacks = {"armillary": _stacked(DispatchMiddleware), "starlette": _stacked(BaseHTTPMiddleware)}
    yield "5 dispatches", Contest(BenchmarkRequest(client_stays=True), {BARE: _stream, **stacks})
