"""When the fused path replaces the stack, and when it must not."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.http import PlainTextResponse, Request, Response
from armillary.routing import Route, Router

pytestmark = pytest.mark.anyio


async def hello(request: Request) -> Response:
    return PlainTextResponse("Hello, world!")


class Counting:
    """An application that counts its calls."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.calls = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        await self.app(scope, receive, send)


async def is_fused(http: Any, app: Armillary) -> bool:
    """Serve two connections and return whether the second bypassed the stack."""
    assert (await http(app)).text == "Hello, world!"
    stack = app.middleware_stack
    assert stack is not None
    assert (await http(app)).text == "Hello, world!"
    return app._fused_stack is stack


async def test_a_plain_application_is_fused(http: Any) -> None:
    assert await is_fused(http, Armillary(routes=[Route("/", hello)]))


async def test_middleware_is_between_the_outer_and_inner_layers(http: Any) -> None:
    made: list[Counting] = []

    def count(app: Any) -> Counting:
        made.append(Counting(app))
        return made[-1]

    app = Armillary(routes=[Route("/", hello)], middleware=[Middleware(count)])
    assert await is_fused(http, app)
    assert [middleware.calls for middleware in made] == [2]


@pytest.mark.parametrize("cls", [ServerErrorMiddleware, ExceptionMiddleware, Router])
async def test_a_patched_class_is_called_inside_middleware_too(
    http: Any, cls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    original = cls.__call__

    async def patched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(cls, "__call__", patched)
    app = Armillary(routes=[Route("/", hello)], middleware=[Middleware(Counting)])
    assert (await http(app)).text == "Hello, world!"
    assert calls == ["/"] * (2 if cls is ServerErrorMiddleware else 1)


async def test_a_router_wrapped_later_is_called_inside_middleware_too(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)], middleware=[Middleware(Counting)])
    assert await is_fused(http, app)
    app.router.middleware_stack = counting = Counting(app.router.middleware_stack)
    assert (await http(app)).text == "Hello, world!"
    assert counting.calls == 1


async def test_an_overridden_stack_closes_it(http: Any) -> None:
    class Wrapped(Armillary):
        def build_middleware_stack(self) -> Any:
            return Counting(super().build_middleware_stack())

    app = Wrapped(routes=[Route("/", hello)])
    assert not await is_fused(http, app)
    assert isinstance(app.middleware_stack, Counting)
    assert app.middleware_stack.calls == 2


async def test_a_stack_patched_on_the_instance_closes_it(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)])
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Counting(build())  # type: ignore[method-assign]
    assert not await is_fused(http, app)


async def test_a_stack_replaced_later_closes_it(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)])
    assert await is_fused(http, app)
    app.middleware_stack = counting = Counting(app.middleware_stack)
    assert (await http(app)).text == "Hello, world!"
    assert counting.calls == 1


async def test_a_router_wrapped_later_closes_it(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)])
    assert await is_fused(http, app)
    app.router.middleware_stack = counting = Counting(app.router.middleware_stack)
    assert (await http(app)).text == "Hello, world!"
    assert counting.calls == 1


@pytest.mark.parametrize("name", ["__call__", "app"])
async def test_a_router_of_another_kind_closes_it(http: Any, name: str) -> None:
    calls: list[str] = []

    async def counted(self: Any, scope: Any, receive: Any, send: Any) -> None:
        calls.append(name)
        await getattr(Router, name)(self, scope, receive, send)

    class OwnRouter(Router):
        pass

    setattr(OwnRouter, name, counted)

    class WithRouter(Armillary):
        router_class = OwnRouter

    assert not await is_fused(http, WithRouter(routes=[Route("/", hello)]))
    assert calls == [name, name]


@pytest.mark.parametrize("cls", [ServerErrorMiddleware, ExceptionMiddleware, Router])
async def test_a_patched_class_closes_it(http: Any, cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = cls.__call__

    async def patched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(cls, "__call__", patched)
    assert not await is_fused(http, Armillary(routes=[Route("/", hello)]))
    assert calls == ["/", "/"]


async def test_select_may_be_overridden_without_closing_it(http: Any) -> None:
    class Counting(Router):
        selected = 0

        def select(self, scope: Any) -> Any:
            type(self).selected += 1
            return super().select(scope)

    class WithRouter(Armillary):
        router_class = Counting

    assert await is_fused(http, WithRouter(routes=[Route("/", hello)]))
    assert Counting.selected == 2


async def test_methods_of_the_guard_may_be_patched(http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(request: Request) -> Response:
        raise RuntimeError

    def own(self: Any, request: Any, exc: Exception) -> Response:
        return PlainTextResponse("own", status_code=500)

    monkeypatch.setattr(ServerErrorMiddleware, "error_response", own)
    app = Armillary(routes=[Route("/", failing)])
    assert [(await http(app)).text for _ in range(2)] == ["own", "own"]


async def test_a_scope_that_has_a_record_keeps_it(http: Any) -> None:
    record: dict[str, Any] = {"request_id": "a1"}

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(request.scope["armillary"]["request_id"])

    app = Armillary(routes=[Route("/", endpoint)], max_body_size=5)
    for _ in range(2):
        assert (await http(app, armillary=record)).text == "a1"
    assert record["request_id"] == "a1"
