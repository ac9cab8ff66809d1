"""Only the endpoint that the route calls is bound from the request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Annotated, Any

import pytest
from dishka import Provider, Scope, provide

from armillary.http import HTTPEndpoint, JSONResponse, Request, Response, request_response
from armillary.injection import Injection, InjectionError, InjectionMiddleware, inject
from armillary.routing import Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket, WebSocketEndpoint

pytestmark = pytest.mark.anyio


class Users:
    name = "Ada"


class Services(Provider):
    users = provide(Users, scope=Scope.REQUEST)


@inject
async def may_edit(request: Request, users: Users, is_admin: bool = False) -> bool:
    return is_admin


@inject
async def show(number: int, users: Users, shout: bool = False) -> Response:
    return JSONResponse([number, users.name, shout])


async def get(app: Any, path: str = "/", query: str = "", method: str = "GET") -> str:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": query.encode()}
    await InjectionMiddleware(app, Injection(Services()))(scope, None, send)  # type: ignore[arg-type]
    text: str = messages[1]["body"].decode()
    return text


async def connect(app: Any, path: str = "/", query: str = "") -> list[str]:
    events = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "x"}]
    events.append({"type": "websocket.disconnect", "code": 1000})  # type: ignore[dict-item]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": path, "headers": [], "subprotocols": [], "query_string": query.encode()}
    await InjectionMiddleware(app, Injection(Services()))(scope, receive, send)
    return [message["text"] for message in sent if message["type"] == "websocket.send"]


async def plain(request: Request) -> Response:
    return JSONResponse(await may_edit(request))  # type: ignore[call-arg]


@inject
async def injected(request: Request, users: Users) -> Response:
    return JSONResponse(await may_edit(request))  # type: ignore[call-arg]


class Page(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return JSONResponse(await self.may_edit(request))  # type: ignore[call-arg]

    @inject
    async def may_edit(self, request: Request, users: Users, is_admin: bool = False) -> bool:
        return is_admin


@pytest.mark.parametrize("endpoint", [plain, injected, Page])
@pytest.mark.parametrize("make", [lambda endpoint: Router([Route("/", endpoint)]), None])
async def test_a_function_that_the_endpoint_calls_is_never_bound_from_the_query(endpoint: Any, make: Any) -> None:
    unrouted = endpoint if endpoint is Page else request_response(endpoint)
    assert await get(unrouted if make is None else make(endpoint), query="is_admin=true") == "false"


async def test_an_endpoint_called_by_another_endpoint_is_not_bound() -> None:
    async def other(request: Request) -> Any:
        return await show(request, number=1)  # type: ignore[arg-type, call-arg]

    router = Router([Route("/other", other), Route("/{number}", show)])
    assert await get(router, "/other", "shout=true&number=2") == '[1,"Ada",false]'
    assert await get(router, "/2", "shout=true") == '[2,"Ada",true]'


async def test_a_parameter_that_only_a_request_fills_is_an_error_in_a_function_that_no_route_calls() -> None:
    async def other(request: Request) -> Any:
        with pytest.raises(InjectionError, match=r"show.*'number'.*only for the endpoint.*functools\.wraps"):
            await show(request)  # type: ignore[arg-type, call-arg]
        return JSONResponse("checked")

    assert await get(Router([Route("/", other)]), query="number=2") == '"checked"'


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


class Shows:
    @inject
    async def show(self, number: int, users: Users, shout: bool = False) -> Response:
        return JSONResponse([number, users.name, shout])


class PassThrough:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class ShowPage(HTTPEndpoint):
    @logged
    @inject
    async def get(self, number: int, users: Users, shout: bool = False) -> Response:
        return JSONResponse([number, users.name, shout])


ENDPOINTS = [show, logged(show), logged(logged(show)), partial(show), partial(logged(show)), Shows().show, ShowPage]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_the_endpoint_is_bound_however_the_route_reaches_it(endpoint: Any) -> None:
    for routes in ([Route("/{number}", endpoint)], [Mount("/", routes=[Route("/{number}", endpoint)])]):
        assert await get(Router(routes), "/7", "shout=true") == '[7,"Ada",true]'


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_the_endpoint_is_bound_without_a_route_and_behind_middleware(endpoint: Any) -> None:
    inner = endpoint if endpoint is ShowPage else request_response(endpoint)

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)

    for app in (inner, middleware, Router([Mount("/at", inner)]), Router([Mount("/at", PassThrough(inner))])):
        assert await get(app, "/at/x", "shout=true&number=7") == '[7,"Ada",true]'


async def test_head_is_bound_as_the_get_that_serves_it() -> None:
    assert await get(Router([Route("/{number}", ShowPage)]), "/7", "shout=true", "HEAD") == ""
    assert "Expected a whole number" in await get(Router([Route("/{number}", ShowPage)]), "/x")


async def test_a_websocket_endpoint_is_bound_and_what_it_calls_is_not() -> None:
    @inject
    async def helper(websocket: WebSocket, users: Users, room: str = "none") -> None:
        await websocket.send_text(room)

    @inject
    async def chat(websocket: WebSocket, users: Users, room: str = "none") -> None:
        await websocket.accept()
        await websocket.send_text(room)
        await helper(websocket)  # type: ignore[call-arg]

    class Chat(WebSocketEndpoint):
        encoding = "text"

        @inject
        async def on_connect(self, websocket: WebSocket, users: Users, room: str = "none") -> None:
            await websocket.accept()
            await websocket.send_text(room)

        @inject
        async def on_receive(self, websocket: WebSocket, data: str, users: Users, room: str = "none") -> None:
            await websocket.send_text(room)
            await self.helper(websocket)  # type: ignore[call-arg]

        @inject
        async def helper(self, websocket: WebSocket, users: Users, room: str = "none") -> None:
            await websocket.send_text(room)

    assert await connect(Router([WebSocketRoute("/", chat)]), query="room=attic") == ["attic", "none"]
    for app in (Router([WebSocketRoute("/", Chat)]), Chat):
        assert await connect(app, query="room=attic") == ["attic", "attic", "none"]


@pytest.mark.parametrize(
    ("args", "kwargs", "sentence"),
    [
        ((1, 2, 3), {}, r"task\(\) takes 2 positional arguments but 3 were given"),
        ((1, 2), {"b": 3}, r"task\(\) got multiple values for argument 'b'"),
        ((), {"c": 3}, r"task\(\) got an unexpected keyword argument 'c'"),
    ],
)
async def test_arguments_that_do_not_fit_are_a_type_error_as_in_any_call(args: Any, kwargs: Any, sentence: str) -> None:
    @inject
    async def task(a: int, b: int = 0) -> None: ...

    with pytest.raises(TypeError, match=sentence):
        await task(*args, **kwargs)


async def test_a_request_is_not_counted_as_an_argument_of_a_function_that_takes_none() -> None:
    @inject
    async def task(a: int, b: int = 0) -> int:
        return a + b

    request: Any = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    assert await task(request, 1, 2) == 3  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        await task(request, 1, 2, 3)  # type: ignore[call-arg]


async def test_positional_only_and_starred_parameters_get_their_arguments() -> None:
    @inject
    async def task(a: int, /, b: int, *rest: int, c: int = 0, **more: int) -> Any:
        return a, b, rest, c, more

    assert await task(1, 2) == (1, 2, (), 0, {})
    assert await task(1, b=2, c=3, d=4) == (1, 2, (), 3, {"d": 4})
    assert await task(1, 2, 3, 4, c=5) == (1, 2, (3, 4), 5, {})
    assert str(inspect.signature(task)).startswith("(a: 'int', /, b: 'int', *rest: 'int'")


async def test_a_class_with_a_note_beside_it_is_injected() -> None:
    @inject
    async def name(request: Request, users: Annotated[Users, "those who may sign in"]) -> Response:
        return JSONResponse(users.name)

    assert await get(Router([Route("/", name)])) == '"Ada"'


async def test_what_nothing_fills_is_an_error_with_the_fix_where_nothing_checked_the_endpoint() -> None:
    @inject
    async def name(request: Request, limits: Annotated[dict[str, int], "of today"]) -> Response:
        return JSONResponse(limits)

    with pytest.raises(InjectionError, match=r"name \(.*test_endpoint_binding.py line \d+\): nothing fills .*'limits'"):
        await get(Router([Route("/", name)]))
