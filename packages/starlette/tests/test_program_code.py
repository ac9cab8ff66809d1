"""What programs and the packages they use do to Starlette's classes: patch, subclass, annotate, keep weakly."""

from __future__ import annotations

import copy
import pickle
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from armillary.starlette import formparsers, requests, responses, routing
from armillary.starlette.applications import Starlette
from armillary.starlette.background import BackgroundTask, BackgroundTasks
from armillary.starlette.datastructures import (
    URL,
    CommaSeparatedStrings,
    FormData,
    Headers,
    MultiDict,
    MutableHeaders,
    QueryParams,
    Secret,
    State,
    UploadFile,
    URLPath,
)
from armillary.starlette.exceptions import HTTPException
from armillary.starlette.middleware import Middleware
from armillary.starlette.middleware.errors import ServerErrorMiddleware
from armillary.starlette.middleware.exceptions import ExceptionMiddleware
from armillary.starlette.requests import Request
from armillary.starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from armillary.starlette.routing import Host, Match, Mount, Route, Router, WebSocketRoute
from armillary.starlette.testclient import TestClient
from armillary.starlette.websockets import WebSocket


async def homepage(request: Request[Any]) -> Response:
    return PlainTextResponse("home")


async def nothing(*arguments: Any) -> None:
    return None


HTTP = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
SOCKET = {"type": "websocket", "path": "/", "query_string": b"", "headers": []}

numbers = count()

MAKERS: dict[str, Callable[[], Any]] = {
    "Starlette": Starlette,
    "Router": Router,
    "Route": lambda: Route("/", homepage),
    "WebSocketRoute": lambda: WebSocketRoute("/", nothing),
    "Mount": lambda: Mount("/", app=Router()),
    "Host": lambda: Host("example.org", Router()),
    "Request": lambda: Request(dict(HTTP)),
    "WebSocket": lambda: WebSocket(dict(SOCKET), nothing, nothing),
    "Response": Response,
    "JSONResponse": lambda: JSONResponse({}),
    "StreamingResponse": lambda: StreamingResponse(iter(())),
    "Headers": Headers,
    "MutableHeaders": MutableHeaders,
    "QueryParams": QueryParams,
    "MultiDict": MultiDict,
    "FormData": FormData,
    "URL": lambda: URL("https://example.org/"),
    "URLPath": lambda: URLPath(f"/{next(numbers)}"),
    "Secret": lambda: Secret(f"hidden {next(numbers)}"),
    "CommaSeparatedStrings": lambda: CommaSeparatedStrings("a, b"),
    "UploadFile": lambda: UploadFile(None),  # type: ignore[arg-type]
    "BackgroundTask": lambda: BackgroundTask(nothing),
    "BackgroundTasks": BackgroundTasks,
    "Middleware": lambda: Middleware(ServerErrorMiddleware),
    "ServerErrorMiddleware": lambda: ServerErrorMiddleware(nothing),
    "ExceptionMiddleware": lambda: ExceptionMiddleware(nothing),
    "HTTPException": lambda: HTTPException(404),
}

UNHASHABLE = {"Route", "WebSocketRoute", "Mount", "Host", "Headers", "MutableHeaders", "QueryParams", "MultiDict"}
UNHASHABLE |= {"FormData", "URL", "Router"}


@pytest.mark.parametrize("name", MAKERS)
def test_an_instance_can_be_kept_weakly_and_takes_new_attributes(name: str) -> None:
    instance = MAKERS[name]()
    assert weakref.ref(instance)() is instance
    instance.attribute_of_a_program = 1
    assert instance.attribute_of_a_program == 1


@pytest.mark.parametrize("name", sorted(set(MAKERS) - UNHASHABLE))
def test_an_instance_is_hashable_if_starlettes_is(name: str) -> None:
    assert len({MAKERS[name](), MAKERS[name]()}) == 2


def test_a_state_can_be_kept_weakly() -> None:
    state = State()
    assert weakref.ref(state)() is state


def test_a_call_that_is_patched_into_the_application_class_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Starlette(routes=[Route("/", homepage)])
    client = TestClient(app)
    assert client.get("/").text == "home"
    original, seen = Starlette.__call__, []

    async def patched(self: Starlette, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(Starlette, "__call__", patched)
    assert client.get("/").text == "home"
    assert seen == ["http"]


@pytest.mark.parametrize("layer", [ServerErrorMiddleware, ExceptionMiddleware, Router, PlainTextResponse])
def test_a_call_that_is_patched_into_a_class_is_used(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(Starlette(routes=[Route("/", homepage)]))
    assert client.get("/").text == "home"
    original, seen = layer.__call__, []

    async def patched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(type(self))
        await original(self, scope, receive, send)

    monkeypatch.setattr(layer, "__call__", patched)
    assert client.get("/").text == "home"
    assert seen == [layer]


def test_a_constructor_that_is_patched_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    original, seen = ExceptionMiddleware.__init__, []

    def patched(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        seen.append(sorted(key.__name__ for key in self._exception_handlers))

    monkeypatch.setattr(ExceptionMiddleware, "__init__", patched)
    TestClient(Starlette()).get("/")
    assert seen == [["HTTPException", "WebSocketException"]]


def test_each_layer_of_the_stack_is_made_by_way_of_middleware(monkeypatch: pytest.MonkeyPatch) -> None:
    original, seen = Middleware.__init__, []

    def patched(self: Any, cls: Any, *arguments: Any, **options: Any) -> None:
        seen.append(cls)
        original(self, cls, *arguments, **options)

    monkeypatch.setattr(Middleware, "__init__", patched)
    TestClient(Starlette()).get("/")
    assert set(seen) == {ExceptionMiddleware, ServerErrorMiddleware}


def test_a_handler_that_is_put_in_the_place_of_another_is_used() -> None:
    async def unavailable(request: Any, exc: Any) -> Response:
        return PlainTextResponse("reported", 503)

    async def fails(request: Request[Any]) -> Response:
        raise HTTPException(500)

    layer = ExceptionMiddleware(Router([Route("/", fails)]))
    layer._exception_handlers[HTTPException] = unavailable
    assert TestClient(layer).get("/").text == "reported"


def test_a_request_response_that_is_patched_makes_the_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    original, seen = routing.request_response, []

    def patched(func: Any) -> Any:
        seen.append(func)
        return original(func)

    monkeypatch.setattr(routing, "request_response", patched)
    assert TestClient(Starlette(routes=[Route("/", homepage)])).get("/").text == "home"
    assert seen == [homepage]


def test_a_spooled_file_that_is_patched_holds_the_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    original, sizes = formparsers.SpooledTemporaryFile, []

    def patched(max_size: int) -> Any:
        sizes.append(max_size)
        return original(max_size=max_size)

    async def upload(request: Request[Any]) -> Response:
        async with request.form() as form:
            file: Any = form["file"]
            return PlainTextResponse(await file.read())

    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", patched)
    monkeypatch.setattr(formparsers.MultiPartParser, "spool_max_size", 7)
    client = TestClient(Starlette(routes=[Route("/", upload, methods=["POST"])]))
    assert client.post("/", files={"file": b"data"}).text == "data"
    assert sizes == [7]


def test_a_replaced_json_dumps_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    json: Any = vars(responses)["json"]
    monkeypatch.setattr(json, "dumps", lambda content, **options: "replaced")
    assert JSONResponse({}).body == b"replaced"


def test_a_list_of_headers_that_is_replaced_is_read() -> None:
    headers = Headers({"a": "1"})
    headers._list = [(b"b", b"2")]
    assert headers.items() == [("b", "2")]
    assert isinstance(headers.mutablecopy(), MutableHeaders)


def test_headers_of_requests_and_responses_are_of_starlettes_classes() -> None:
    assert type(Request(dict(HTTP)).headers) is Headers
    assert type(WebSocket(dict(SOCKET), nothing, nothing).headers) is Headers
    assert type(Response().headers) is MutableHeaders
    assert issubclass(MutableHeaders, Headers)


def test_the_lists_of_an_application_are_live() -> None:
    app = Starlette()
    client = TestClient(app)
    assert app.middleware_stack is None
    app.user_middleware.append(Middleware(named, "first"))
    assert client.get("/").status_code == 404
    assert app.middleware_stack is not None
    app.routes.append(Route("/", homepage))
    assert client.get("/").text == "home"
    app.routes[0] = Route("/", other)
    assert client.get("/").text == "other"
    app.router.routes.clear()
    response = client.get("/")
    assert (response.status_code, response.headers["x-name"]) == (404, "first")
    app.middleware_stack = other_stack
    assert client.get("/").text == "another stack"


def named(app: Any, name: str) -> Any:
    async def around(scope: Any, receive: Any, send: Any) -> None:
        async def send_named(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Name"] = name
            await send(message)

        await app(scope, receive, send_named)

    return around


async def other(request: Request[Any]) -> Response:
    return PlainTextResponse("other")


async def other_stack(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("another stack")(scope, receive, send)


def test_matches_is_pure_and_gives_the_public_classes() -> None:
    route = Route("/{name}/x", homepage)
    scope = {**HTTP, "path": "/a/x"}
    before = copy.deepcopy(scope)
    match, child = route.matches(scope)
    assert (match, child["path_params"], child["endpoint"]) == (Match.FULL, {"name": "a"}, homepage)
    assert scope == before
    assert route.matches({**scope, "method": "PUT"})[0] is Match.PARTIAL
    assert route.matches({**scope, "path": "/"}) == (Match.NONE, {})
    match, child = Mount("/a", routes=[route]).matches(scope)
    assert match is Match.FULL
    assert child["root_path"] == "/a"
    assert scope == before


def test_a_copied_mount_whose_path_is_rewritten_matches_by_the_new_one() -> None:
    mount = Mount("/old", routes=[Route("/", homepage)], name="old")
    moved = copy.copy(mount)
    moved.path = "/new"
    moved.path_regex, moved.path_format, moved.param_convertors = routing.compile_path("/new/{path:path}")
    client = TestClient(Starlette(routes=[mount, moved]))
    assert client.get("/old/").text == client.get("/new/").text == "home"
    assert client.get("/elsewhere/").status_code == 404


def test_a_subclass_that_never_calls_the_constructor_serves() -> None:
    class Own(Starlette):
        def __init__(self) -> None:
            self.debug = False
            self.state = State()
            self.router = Router([Route("/", homepage)])
            self.exception_handlers = {}
            self.user_middleware = []
            self.middleware_stack = None

    assert TestClient(Own()).get("/").text == "home"


def test_the_error_inside_a_property_of_a_subclass_is_raised_as_it_is() -> None:
    class Own(Starlette):
        @property
        def database(self) -> Any:
            return self.state.pool

    with pytest.raises(AttributeError, match="'State' object has no attribute 'pool'"):
        _ = Own().database


def test_pickles_name_armillarys_modules() -> None:
    pickled = pickle.dumps(HTTPException(404, "missing"))
    assert b"armillary" in pickled
    assert b"starlette" not in pickled
    assert pickle.loads(pickled).detail == "missing"  # noqa: S301
    assert requests.HTTPConnection.__module__ == "armillary.starlette.requests"


def test_an_application_does_not_look_like_one_of_fastapis() -> None:
    assert not hasattr(Starlette(), "dependency_overrides")
