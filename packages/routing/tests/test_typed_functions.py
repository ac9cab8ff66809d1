from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Annotated, Any

import msgspec
import pytest

from armillary.binding import BoundEndpoint, Depends, Header
from armillary.http import JSONResponse, PlainTextResponse, Request, Response
from armillary.routing import Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Star(msgspec.Struct):
    name: str


async def bare(request): ...  # type: ignore[no-untyped-def]
async def annotated(request: Request) -> Response: ...  # type: ignore[empty-body]
async def by_name(request: "Request") -> "JSONResponse | Response": ...  # type: ignore[empty-body]
async def several(request: Request) -> JSONResponse | PlainTextResponse: ...  # type: ignore[empty-body]
async def application(request: Request) -> Callable[[Any, Any, Any], Awaitable[None]]: ...  # type: ignore[empty-body]
async def anything(request: Any) -> Any: ...


async def typed_result(request: Request) -> Star:
    return Star(request.url.path)


async def nothing(request: Request) -> None: ...
async def scalar(number: int) -> Response: ...  # type: ignore[empty-body]
async def no_parameter() -> str: ...  # type: ignore[empty-body]


def decorated(function: Any) -> Any:
    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


class Shop:
    async def show(self, request: Request) -> Response: ...  # type: ignore[empty-body]


async def two(request: Request, key: str) -> Response: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    "function",
    [
        bare,
        annotated,
        by_name,
        several,
        application,
        anything,
        Shop().show,
        decorated(bare),
        partial(two, key="x"),
        print,
    ],
)
def test_a_function_of_a_request_alone_is_plain(function: Any) -> None:
    assert not isinstance(Route("/", function).app, BoundEndpoint)


@pytest.mark.parametrize("function", [typed_result, nothing, scalar, no_parameter, two, decorated(typed_result)])
def test_any_other_function_is_bound(function: Any) -> None:
    route = Route("/", function)
    assert isinstance(route.app, BoundEndpoint)
    assert route.base_app is route.app
    assert route.endpoint is function


def test_a_parameter_named_as_one_of_the_path_is_none_for_a_request() -> None:
    async def show(name): ...  # type: ignore[no-untyped-def]

    with pytest.raises(
        TypeError, match=r"show \(.*test_typed_functions.py line \d+\): its parameter 'name' is in the path"
    ):
        Route("/{name}", show)


async def test_a_bound_function_gets_what_the_path_and_the_query_have(call: Any) -> None:
    async def show(number: int, units: str = "si") -> list[Any]:
        return [number, units]

    router = Router([Route("/stars/{number:int}", show)])
    assert (await call(router, "/stars/7", query_string=b"units=cgs")).body == b'[7,"cgs"]'
    assert (await call(router, "/stars/x")).status == 404
    signature: Any = router.routes[0].base_app.signature  # type: ignore[attr-defined]
    assert signature.errors == {404, 406, 422}


async def test_a_plain_function_may_return_data(call: Any) -> None:
    async def show(request: Request) -> Any:
        return {"star": Star("Vega")}

    sent = await call(Router([Route("/", show)]))
    assert (sent.status, sent.body) == (200, b'{"star":{"name":"Vega"}}')


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (None, "declare `-> None`"),
        ("text", "PlainTextResponse"),
        (({}, 201), r"JSONResponse\(data, 201\)"),
        ((n for n in ()), "StreamingResponse"),
        (Response, "return an instance"),
        ({"x": object()}, "has no JSON form"),
    ],
)
async def test_what_is_no_data_is_an_error_that_names_the_function_and_the_fix(call: Any, value: Any, fix: str) -> None:
    async def show(request):  # type: ignore[no-untyped-def]
        return value

    with pytest.raises(TypeError, match=rf"show \(.*test_typed_functions.py line \d+\) returned .*{fix}"):
        await call(Router([Route("/", show)]))


async def test_a_coroutine_that_was_not_awaited_is_an_error(call: Any) -> None:
    async def inner() -> None: ...

    async def show(request):  # type: ignore[no-untyped-def]
        return inner()

    with pytest.raises(TypeError, match="declare the function with `async def`, or await what it calls"):
        await call(Router([Route("/", show)]))


async def test_the_status_of_data_and_dependencies_are_given_to_the_route(call: Any) -> None:
    async def check(key: Annotated[str, Header()]) -> None: ...

    router = Router()

    @router.post("/", status_code=201, dependencies=[Depends(check)], tags=["stars"], summary="Add one")
    async def add(request):  # type: ignore[no-untyped-def]
        return {"added": True}

    assert (await call(router, method="POST", headers=[(b"key", b"x")])).status == 201
    assert (await call(router, method="POST")).status == 422
    assert router.routes[0].operation == {"tags": ("stars",), "summary": "Add one"}  # type: ignore[attr-defined]


def test_a_misspelt_keyword_is_an_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'sumary'"):
        Route("/", bare, sumary="x")  # type: ignore[call-arg]


def test_a_status_for_an_application_is_an_error() -> None:
    with pytest.raises(TypeError, match="status_code is for functions"):
        Route("/", Router(), status_code=201)


async def test_a_websocket_function_is_bound_too(call: Any) -> None:
    async def echo(websocket: WebSocket, room: str, limit: int = 3) -> None:
        await websocket.accept()
        await websocket.send_text(f"{room} {limit}")
        await websocket.close()

    router = Router([WebSocketRoute("/{room}", echo)])
    sent = await call(router, "/a", type="websocket", query_string=b"limit=4")
    assert sent[1]["text"] == "a 4"
    sent = await call(router, "/a", type="websocket", query_string=b"limit=x")
    assert sent[0]["type"] == "websocket.close"


class TestInclude:
    async def test_the_routes_of_another_router_are_served_below_a_prefix(self, call: Any) -> None:
        async def check(key: Annotated[str, Header()]) -> None: ...

        async def show(number: int) -> int:
            return number

        inner = Router([Mount("/files", Response("file"))])
        inner.get("/{number:int}", name="show", tags=["one"])(show)
        outer = Router()
        outer.include(Router([Route("/", no_parameter), *inner.routes[1:]]), "/stars", name="stars", tags=["sky"])
        outer.include(inner, "/other")
        assert (await call(outer, "/stars/7")).body == b"7"
        assert (await call(outer, "/other/files/x")).body == b"file"
        assert outer.url_path_for("stars:show", number=7) == "/stars/7"
        assert outer.routes[1].operation["tags"] == ("sky", "one")  # type: ignore[attr-defined]
        outer.include(inner, "/guarded", dependencies=[check])
        assert (await call(outer, "/guarded/files/x")).status == 422
        assert (await call(outer, "/guarded/files/x", headers=[(b"key", b"x")])).body == b"file"

    async def test_dependencies_are_called_before_those_of_the_routes(self, call: Any) -> None:
        order: list[str] = []

        async def first() -> None:
            order.append("first")

        async def second() -> None:
            order.append("second")

        inner = Router()
        inner.get("/", dependencies=[Depends(second)])(no_parameter_at_all)
        outer = Router()
        outer.include(inner, "/a", dependencies=[Depends(first)])
        assert (await call(outer, "/a/")).status == 200
        assert order == ["first", "second"]

    def test_what_has_no_routes_and_a_wrong_prefix_are_errors(self) -> None:
        with pytest.raises(TypeError, match="include takes a router"):
            Router().include(Response("x"), "/a")
        with pytest.raises(ValueError, match="must start with '/'"):
            Router().include(Router(), "a/")


async def no_parameter_at_all() -> str:
    return "ok"
