"""Signed sessions of the drop-in: Starlette's format, and changes that Starlette sees."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from armillary.starlette.middleware.sessions import SessionMiddleware

pytestmark = pytest.mark.anyio

KEY = "hunter2"


async def respond(app: Any, call: Any, cookie: str) -> Any:
    return await call(app, headers=[(b"cookie", f"session={cookie}".encode())])


def app_doing(change: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        change(scope["session"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return SessionMiddleware(app, KEY)


async def test_the_format_is_that_of_starlette_and_for_any_name(call: Any) -> None:
    cookie = TimestampSigner(KEY).sign(b64encode(json.dumps({"a": 1}).encode())).decode()
    response = await respond(app_doing(lambda session: session.update(b=session["a"])), call, cookie)
    value = response.headers["set-cookie"].removeprefix("session=").partition(";")[0]
    assert json.loads(b64decode(TimestampSigner(KEY).unsign(value))) == {"a": 1, "b": 1}


async def test_a_change_after_the_handshake_is_dropped() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        scope["session"]["a"] = 1

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await SessionMiddleware(app, KEY)({"type": "websocket", "headers": []}, send, send)  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.accept"}]


async def test_a_change_inside_a_value_is_saved_only_if_it_is_marked(call: Any) -> None:
    cookie = TimestampSigner(KEY).sign(b64encode(json.dumps({"cart": []}).encode())).decode()
    response = await respond(app_doing(lambda session: session["cart"].append(1)), call, cookie)
    assert "set-cookie" not in response.headers
