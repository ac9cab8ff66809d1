"""The layers around the router: what is selected, what is called, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import HTTPException, Middleware
from armillary.errors import ServerErrorMiddleware
from armillary.http import PlainTextResponse, Request, Response
from armillary.routing import Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

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


async def test_middleware_is_called_once_for_each_connection(http: Any) -> None:
    made: list[Counting] = []

    def count(app: Any) -> Counting:
        made.append(Counting(app))
        return made[-1]

    app = Armillary(routes=[Route("/", hello)], middleware=[Middleware(count)])
    for _ in range(2):
        assert (await http(app)).text == "Hello, world!"
    assert [middleware.calls for middleware in made] == [2]


async def test_an_overridden_stack_serves(http: Any) -> None:
    class Wrapped(Armillary):
        def build_middleware_stack(self) -> Any:
            return Counting(super().build_middleware_stack())

    app = Wrapped(routes=[Route("/", hello)])
    for _ in range(2):
        assert (await http(app)).text == "Hello, world!"
    assert isinstance(app.middleware_stack, Counting)
    assert app.middleware_stack.calls == 2


async def test_a_stack_replaced_later_serves(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)])
    assert (await http(app)).text == "Hello, world!"
    app.middleware_stack = counting = Counting(app.middleware_stack)
    assert (await http(app)).text == "Hello, world!"
    assert counting.calls == 1


async def test_a_router_wrapped_before_the_first_connection_is_called(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)])
    app.router.middleware_stack = counting = Counting(app.router.middleware_stack)
    assert (await http(app)).text == "Hello, world!"
    assert counting.calls == 1


async def test_a_wrapped_router_whose_attributes_are_passed_on_is_called(http: Any) -> None:
    class Passing(Counting):
        def __getattr__(self, name: str) -> Any:
            return getattr(self.app, name)

    app = Armillary(routes=[Route("/", hello)])
    wrapped: Any = Passing(app.router)
    app.router = wrapped
    assert (await http(app)).text == "Hello, world!"
    assert wrapped.calls == 1


@pytest.mark.parametrize("middleware", [[], [Middleware(Counting)]], ids=["plain", "middleware"])
@pytest.mark.parametrize("name", ["__call__", "app"])
async def test_a_router_whose_call_is_overridden_is_called(http: Any, name: str, middleware: Any) -> None:
    calls: list[str] = []

    async def counted(self: Any, scope: Any, receive: Any, send: Any) -> None:
        calls.append(name)
        await getattr(Router, name)(self, scope, receive, send)

    class OwnRouter(Router):
        pass

    setattr(OwnRouter, name, counted)

    class WithRouter(Armillary):
        router_class = OwnRouter

    app = WithRouter(routes=[Route("/", hello)], middleware=middleware)
    assert (await http(app)).text == "Hello, world!"
    assert calls == [name]


async def test_an_overridden_select_is_used(http: Any) -> None:
    class Selecting(Router):
        selected = 0

        def select(self, scope: Any) -> Any:
            type(self).selected += 1
            return super().select(scope)

    class WithRouter(Armillary):
        router_class = Selecting

    assert (await http(WithRouter(routes=[Route("/", hello)]))).text == "Hello, world!"
    assert Selecting.selected == 1


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


@pytest.mark.parametrize("middleware", [[], [Middleware(Counting)]], ids=["plain", "middleware"])
@pytest.mark.parametrize("raises", [False, True])
async def test_handlers_leave_the_record_with_their_application(http: Any, raises: bool, middleware: Any) -> None:
    """Else the exception of a neighbouring application would go to them."""

    async def handler(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("handled")

    async def endpoint(request: Request) -> Response:
        assert "exception_handlers" in request.scope["armillary"]
        if raises:
            raise LookupError
        return PlainTextResponse("handled")

    inner = Armillary(routes=[Route("/", endpoint)], exception_handlers={LookupError: handler}, middleware=middleware)
    record: dict[str, Any] = {}
    assert (await http(inner, armillary=record)).text == "handled"
    assert "exception_handlers" not in record


async def test_the_handlers_of_an_outer_application_are_put_back(http: Any) -> None:
    async def outer_handler(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("outer")

    async def inner_handler(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("inner")

    async def discard(message: Any) -> None:
        pass

    inner = Armillary(routes=[Route("/", hello)], exception_handlers={KeyError: inner_handler})

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, discard)
        raise KeyError

    app = Armillary(routes=[Mount("/x", cascade)], exception_handlers={KeyError: outer_handler})
    assert (await http(app, path="/x/")).text == "outer"


class Raising:
    """A middleware that raises, before or after what is inside of it responds."""

    def __init__(self, app: Any, error: Exception, after: bool = False) -> None:
        self.app = app
        self.error = error
        self.after = after

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.after:
            await self.app(scope, receive, send)
        raise self.error


async def test_an_http_exception_of_middleware_has_its_status(http: Any) -> None:
    app = Armillary(middleware=[Middleware(Raising, HTTPException(401, "Who?", headers={"x-why": "unknown"}))])
    response = await http(app)
    assert (response.status, response.headers["x-why"]) == (401, "unknown")
    assert response.error is None
    assert response.sentence == "Who?"


async def test_exceptions_of_middleware_come_to_the_programs_handlers(http: Any) -> None:
    handled: list[Exception] = []

    async def teapot(request: Request, exc: Exception) -> Response:
        handled.append(exc)
        return PlainTextResponse("short and stout", 418)

    error = LookupError("nothing")
    for raising in (Middleware(Raising, error), Middleware(Raising, HTTPException(404))):
        app = Armillary(middleware=[raising], exception_handlers={LookupError: teapot, 404: teapot})
        assert (await http(app)).status == 418
    assert len(handled) == 2


async def test_a_handler_is_called_once_whatever_middleware_there_is(http: Any) -> None:
    calls: list[str] = []

    async def faulty(request: Request, exc: Exception) -> Response:
        calls.append(type(exc).__name__)
        raise RuntimeError("faulty")

    async def broken(request: Request) -> Response:
        raise LookupError("nothing")

    for middleware in ([], [Middleware(Counting)]):
        handlers = {LookupError: faulty, RuntimeError: faulty}
        app = Armillary(routes=[Route("/", broken)], middleware=middleware, exception_handlers=handlers)
        response = await http(app)
        assert response.status == 500
        assert isinstance(response.error, RuntimeError)
        assert calls == ["LookupError", "RuntimeError"]
        calls.clear()


async def test_a_websocket_handler_is_called_as_often_whatever_middleware_there_is(
    websocket: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    async def faulty(_: WebSocket, exc: Exception) -> None:
        calls.append(type(exc).__name__)
        raise RuntimeError("faulty")

    async def broken(connection: WebSocket) -> None:
        await connection.accept()
        raise LookupError("nothing")

    for middleware in ([], [Middleware(Counting)]):
        handlers: Any = {LookupError: faulty, RuntimeError: faulty}
        app = Armillary(routes=[WebSocketRoute("/", broken)], middleware=middleware, exception_handlers=handlers)
        sent = await websocket(app)
        assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]
        assert isinstance(sent.error, RuntimeError)
        assert calls == ["LookupError", "RuntimeError"]
        assert len(caplog.records) == 1
        calls.clear()
        caplog.clear()


async def test_nothing_is_sent_on_a_websocket_that_a_failing_handler_left_closed(websocket: Any) -> None:
    async def reject(_: WebSocket, exc: Exception) -> None:
        raise HTTPException(404)

    async def respond(_: WebSocket, exc: Exception) -> Response:
        return PlainTextResponse("late")

    async def broken(connection: WebSocket) -> None:
        await connection.accept()
        raise LookupError("nothing")

    for middleware in ([], [Middleware(Counting)]):
        for more in ({}, {404: respond}):
            handlers: Any = {LookupError: reject, **more}
            app = Armillary(routes=[WebSocketRoute("/", broken)], middleware=middleware, exception_handlers=handlers)
            sent = await websocket(app)
            assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]


async def test_middleware_that_raises_after_the_response_is_not_given_another(http: Any) -> None:
    app = Armillary(routes=[Route("/", hello)], middleware=[Middleware(Raising, HTTPException(404), after=True)])
    response = await http(app)
    assert (response.status, response.text) == (200, "Hello, world!")
    assert isinstance(response.error, HTTPException)


@pytest.mark.parametrize("path", ["/", "/missing"])
async def test_nothing_is_sent_after_a_handlers_response_that_failed_in_the_middle(path: str) -> None:
    async def interrupted(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        raise OSError("no ink")

    async def handler(request: Request, exc: Exception) -> Any:
        return interrupted

    async def failing(request: Request) -> Response:
        raise LookupError

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    sent = list[str]()
    app = Armillary(routes=[Route("/", failing)], exception_handlers={LookupError: handler, 404: handler})
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    with pytest.raises(OSError, match="no ink"):
        await app(scope, receive, send)
    assert sent == ["http.response.start"]


async def test_a_mounted_application_is_asked_for_nothing_that_it_does_not_have(http: Any) -> None:
    asked: list[str] = []

    class Asked(Armillary):
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

    app = Armillary(routes=[Mount("/m", Asked(routes=[Route("/", hello)]))])
    await http(app, "/m/")
    asked.clear()
    assert (await http(app, "/m/")).text == "Hello, world!"
    assert asked == []
