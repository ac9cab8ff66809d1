"""`MessageHooks`."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.asgi_types import Message, Scope
from armillary.middleware import MessageHooks

pytestmark = pytest.mark.anyio


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope.get("greeting", b"hello")})


async def test_each_hook_sees_its_message_and_may_change_or_replace_it(call: Any) -> None:
    class Hooks(MessageHooks):
        def on_request(self, scope: Scope) -> Scope:
            return {**scope, "greeting": b"good day"}

        def on_response_start(self, scope: Scope, message: Message) -> None:
            message["headers"] = [(b"x-path", scope["path"].encode())]

        def on_body(self, scope: Scope, message: Message) -> Message:
            return {**message, "body": message["body"].upper()}

    messages = await call(Hooks(hello))
    assert messages[0]["headers"] == [(b"x-path", b"/")]
    assert messages[1]["body"] == b"GOOD DAY"


async def test_an_absent_hook_leaves_scope_and_send_as_they_are() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, send))

    class OnlyRequest(MessageHooks):
        def on_request(self, scope: Scope) -> None: ...

    scope = {"type": "http"}
    await OnlyRequest(app)(scope, app, app)  # type: ignore[arg-type]
    assert seen[0][0] is scope
    assert seen[0][1] is app


async def test_other_scopes_pass_through() -> None:
    class Hooks(MessageHooks):
        def on_request(self, scope: Scope) -> None:
            raise AssertionError("called for a websocket")

    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(send)

    await Hooks(app)({"type": "websocket"}, app, app)  # type: ignore[arg-type]
    assert seen == [app]


async def test_messages_without_a_hook_pass_unchanged(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.early_hint", "links": []})
        await hello(scope, receive, send)

    class Hooks(MessageHooks):
        def on_body(self, scope: Scope, message: Message) -> None: ...

    messages = await call(Hooks(app), extensions={"http.response.early_hint": {}})
    assert messages[0]["type"] == "http.response.early_hint"


def test_an_async_hook_is_rejected_at_construction() -> None:
    class Hooks(MessageHooks):
        async def on_request(self, scope: Scope) -> None:  # type: ignore[override]
            ...

    with pytest.raises(TypeError, match=r"Hooks\.on_request is async"):
        Hooks(hello)
