"""What type checkers make of `Middleware` and of the callable checks. Checked, never run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, assert_type

from armillary.asgi_types import (
    ASGIApp,
    CachedBody,
    HTTPResponseStartEvent,
    Middleware,
    Receive,
    Scope,
    ScopeRecord,
    Send,
    find_scope_record,
    is_async_callable,
    scope_record,
)


class Timed:
    def __init__(self, app: ASGIApp, seconds: float, *, strict: bool = False) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def prefixed(app: ASGIApp, prefix: str) -> ASGIApp:
    return app


Middleware(Timed, 2.5, strict=True)
Middleware(prefixed, prefix="/v1")
Middleware(Timed, "soon")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Middleware(Timed, 2.5, strikt=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    record = scope_record(scope)
    assert_type(record, ScopeRecord)
    assert_type(record.get("bodies"), list[CachedBody] | None)
    assert_type(find_scope_record(scope), ScopeRecord | None)
    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
    await send({**start})


app: ASGIApp = bare


def call(function: Callable[[], Any]) -> None:
    if is_async_callable(function):
        assert_type(function(), Awaitable[Any])
