"""What an application does with connections, on every path through it."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import ClientDisconnect, HTTPException, Middleware, WebSocketException
from armillary.http import HTTPEndpoint, JSONResponse, PlainTextResponse, Request, Response, StreamingResponse
from armillary.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


class StarError(Exception):
    pass


async def hello(request: Request) -> Response:
    return PlainTextResponse("Hello, world!")


def hello_from_a_thread(request: Request) -> Response:
    return PlainTextResponse("Hello from a thread!")


async def greet(request: Request) -> Response:
    return PlainTextResponse(f"Hello, {request.path_params['name']}!")


async def failing(request: Request) -> Response:
    raise RuntimeError("no star in sight")


async def star_error(request: Request) -> Response:
    raise StarError("too bright")


async def forbidden(request: Request) -> Response:
    raise HTTPException(403, "Not your star")


async def echo(request: Request) -> Response:
    return Response(await request.body())


class RawEcho:
    """A raw ASGI endpoint that reads the whole body."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        await Response(body)(scope, receive, send)


class RawFailingLate:
    """A raw ASGI endpoint that fails in the middle of its response."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise StarError("late")


class RawFailing:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise StarError("raw")


class Resource(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("resource")


async def stream_failing_late(request: Request) -> Response:
    async def chunks() -> Any:
        yield b"half"
        raise StarError("late")

    return StreamingResponse(chunks())


async def failing_in_background(request: Request) -> Response:
    async def work() -> None:
        raise StarError("in the background")

    return Response(status_code=204, background=work)


def handler(text: str, status: int = 418) -> Any:
    async def handle(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(f"{text}: {exc}", status_code=status)

    return handle


ROUTES: list[BaseRoute] = [
    Route("/", hello),
    Route("/thread", hello_from_a_thread),
    Route("/greet/{name}", greet),
    Route("/resource", Resource),
    Route("/failing", failing),
    Route("/star", star_error),
    Route("/forbidden", forbidden),
    Route("/raw-failing", RawFailing()),
    Route("/raw-late", RawFailingLate()),
    Route("/stream-late", stream_failing_late),
    Route("/background-late", failing_in_background),
    Route("/echo", echo, methods=["POST"]),
    Route("/raw-echo", RawEcho()),
    Mount("/below", routes=[Route("/greet/{name}", greet), Route("/star", star_error), Route("/raw", RawEcho())]),
    Host("{name}.example.org", app=Router(routes=[Route("/", greet)])),
]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "Hello, world!"),
        ("/thread", 200, "Hello from a thread!"),
        ("/greet/Vega", 200, "Hello, Vega!"),
        ("/below/greet/Vega", 200, "Hello, Vega!"),
        ("/resource", 200, "resource"),
        ("/forbidden", 403, "Not your star"),
        ("/nowhere", 404, "Not Found"),
        ("/below/nowhere", 404, "Not Found"),
        ("/echo", 405, "Method Not Allowed"),
    ],
)
async def test_a_request_gets_its_response(http: Any, started: Any, path: str, status: int, text: str) -> None:
    response = await http(await started(routes=ROUTES), path)
    said = response.text if status == 200 else response.sentence
    assert (response.status, said, response.error) == (status, text, None)


async def test_a_host_has_its_own_routes(http: Any, started: Any) -> None:
    app = await started(routes=ROUTES[-1:])
    scope_headers = [(b"host", b"vega.example.org")]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": scope_headers, "query_string": b""}
    await app(scope, None, send)
    assert sent[1]["body"] == b"Hello, vega!"


async def test_the_first_connection_is_served_like_the_others(http: Any) -> None:
    app = Armillary(routes=ROUTES)
    assert app.middleware_stack is None
    assert [(await http(app)).text for _ in range(3)] == ["Hello, world!"] * 3


async def test_an_unhandled_exception_is_a_500_and_is_raised_on(
    http: Any, started: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = await http(await started(routes=ROUTES), "/failing")
    assert (response.status, response.sentence) == (500, "Internal Server Error")
    assert type(response.error) is RuntimeError
    assert [record.getMessage() for record in caplog.records] == ["RuntimeError was not handled on GET /failing"]


async def test_debug_shows_the_exception(http: Any, started: Any) -> None:
    response = await http(await started(routes=ROUTES, debug=True), "/failing", accept="text/html")
    assert response.status == 500
    assert "no star in sight" in response.text
    assert response.text.startswith("<!doctype html>")


@pytest.mark.parametrize("key", [500, Exception])
async def test_the_500_handler_responds_and_the_exception_is_reraised(http: Any, started: Any, key: Any) -> None:
    app = await started(routes=ROUTES, exception_handlers={key: handler("sorry", 500)})
    response = await http(app, "/failing")
    assert (response.status, response.text) == (500, "sorry: no star in sight")
    assert type(response.error) is RuntimeError


@pytest.mark.parametrize("path", ["/star", "/raw-failing", "/below/star"])
async def test_a_handler_handles_its_class(http: Any, started: Any, path: str) -> None:
    app = await started(routes=ROUTES, exception_handlers={StarError: handler("handled")})
    response = await http(app, path)
    assert (response.status, response.error) == (418, None)
    assert response.text.startswith("handled: ")


@pytest.mark.parametrize("path", ["/nowhere", "/below/nowhere"])
async def test_a_handler_handles_what_no_route_matches(http: Any, started: Any, path: str) -> None:
    app = await started(routes=ROUTES, exception_handlers={404: handler("nothing here", 404)})
    response = await http(app, path)
    assert (response.status, response.text) == (404, "nothing here: 404: Not Found")


async def test_a_handler_handles_a_wrong_method(http: Any, started: Any) -> None:
    app = await started(routes=ROUTES, exception_handlers={HTTPException: handler("no")})
    assert (await http(app, "/echo")).text == "no: 405: Method Not Allowed"


@pytest.mark.parametrize("path", ["/raw-late", "/stream-late", "/background-late"])
@pytest.mark.parametrize("debug", [False, True])
async def test_nothing_follows_a_response_that_has_begun(http: Any, started: Any, path: str, debug: bool) -> None:
    response = await http(await started(routes=ROUTES, debug=debug), path)
    assert response.kinds == ["http.response.start", "http.response.body"]
    assert type(response.error) is StarError


@pytest.mark.parametrize("path", ["/raw-late", "/stream-late", "/background-late"])
@pytest.mark.parametrize("key", [StarError, 500])
async def test_a_late_exception_reaches_its_handler_once(
    http: Any, started: Any, path: str, key: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handled: list[str] = []

    async def handle(request: Request, exc: Exception) -> Response:
        handled.append(str(exc))
        return PlainTextResponse("too late")

    response = await http(await started(routes=ROUTES, exception_handlers={key: handle}), path)
    assert len(handled) == 1
    assert type(response.error) is StarError
    assert len(caplog.records) == 1


async def test_an_exception_group_stays_what_it_is(http: Any, started: Any) -> None:
    async def endpoint(request: Request) -> Response:
        raise ExceptionGroup("two", [StarError("a"), KeyError("b")])

    response = await http(await started(routes=[Route("/", endpoint)]))
    assert isinstance(response.error, ExceptionGroup)
    assert len(response.error.exceptions) == 2


async def test_a_client_that_leaves_ends_the_request_quietly(
    http: Any, started: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def endpoint(request: Request) -> Response:
        raise ClientDisconnect

    app = await started(routes=[Route("/", endpoint)])
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    await app(scope, None, None)
    assert caplog.records == []


async def test_a_500_passes_through_the_middleware(http: Any) -> None:
    class AddHeader:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def send_with_header(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"access-control-allow-origin", b"*")]
                await send(message)

            await self.app(scope, receive, send_with_header)

    for options in ({}, {"debug": True}, {"exception_handlers": {500: handler("sorry", 500)}}):
        app = Armillary(routes=ROUTES, middleware=[Middleware(AddHeader)], **options)
        response = await http(app, "/failing")
        assert response.status == 500
        assert response.headers["access-control-allow-origin"] == "*"
        assert type(response.error) is RuntimeError


async def test_an_exception_in_a_middleware_is_a_500_logged_once(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                raise StarError("in the middleware")
            await self.app(scope, receive, send)

    response = await http(Armillary(routes=ROUTES, middleware=[Middleware(Broken)]))
    assert response.status == 500
    assert type(response.error) is StarError
    assert len(caplog.records) == 1


# -- limits on request bodies ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/echo", "/raw-echo", "/below/raw"])
@pytest.mark.parametrize("chunks", [(b"12345",), (b"123", b"45"), (b"1", b"2", b"3", b"4", b"5")])
async def test_a_body_of_the_limit_is_accepted(http: Any, started: Any, path: str, chunks: tuple[bytes, ...]) -> None:
    app = await started(routes=ROUTES, max_body_size=5)
    response = await http(app, path, method="POST", chunks=chunks)
    assert (response.status, response.body) == (200, b"12345")


@pytest.mark.parametrize("path", ["/echo", "/raw-echo", "/below/raw"])
@pytest.mark.parametrize("chunks", [(b"123456",), (b"123", b"456"), (b"1",) * 6, (b"1",) * 600])
async def test_a_body_past_the_limit_is_413(http: Any, started: Any, path: str, chunks: tuple[bytes, ...]) -> None:
    app = await started(routes=ROUTES, max_body_size=5)
    response = await http(app, path, method="POST", chunks=chunks)
    assert (response.status, response.error, response.headers["connection"]) == (413, None, "close")
    assert response.sentence == "The request body is larger than the 5 bytes allowed."


@pytest.mark.parametrize("path", ["/echo", "/raw-echo"])
async def test_a_declared_length_past_the_limit_is_413_before_anything_is_read(
    http: Any, started: Any, path: str
) -> None:
    app = await started(routes=ROUTES, max_body_size=5)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", b"6")]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    await app(scope, receive, send)
    assert sent[0]["status"] == 413


@pytest.mark.parametrize("path", ["/echo", "/raw-echo"])
async def test_the_limit_is_16_mib_by_default_and_none_lifts_it(http: Any, started: Any, path: str) -> None:
    mebibyte = bytes(1024 * 1024)
    app = await started(routes=ROUTES)
    assert app.max_body_size == 16 * 1024 * 1024
    assert (await http(app, path, method="POST", chunks=(mebibyte,) * 16)).status == 200
    assert (await http(app, path, method="POST", chunks=(*(mebibyte,) * 16, b"1"))).status == 413
    unlimited = await started(routes=ROUTES, max_body_size=None)
    assert (await http(unlimited, path, method="POST", chunks=(*(mebibyte,) * 16, b"1"))).status == 200


@pytest.mark.parametrize("says", [True, False])
async def test_an_application_that_keeps_its_record_is_handed_the_channels_of_the_server(says: bool) -> None:
    class Keeping:
        keeps_record = says

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            handed.append((receive, send))

    handed: list[Any] = []
    app = Armillary(routes=[Route("/", Keeping())])

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    async def send(message: Any) -> None: ...

    for _ in range(2):  # the first request builds the stack
        await app({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}, receive, send)
    assert (handed[1] == (receive, send)) is says


async def test_a_route_and_a_mount_set_their_own_limit(http: Any, started: Any) -> None:
    routes = [
        Route("/wide", RawEcho(), max_body_size=10),
        Route("/narrow", echo, methods=["POST"], max_body_size=2),
        Mount("/below", routes=[Route("/", RawEcho())], max_body_size=8),
    ]
    app = await started(routes=routes, max_body_size=5)
    for path, limit in (("/wide", 10), ("/narrow", 2), ("/below/", 8)):
        assert (await http(app, path, method="POST", body=b"1" * limit)).status == 200
        assert (await http(app, path, method="POST", body=b"1" * (limit + 1))).status == 413


async def test_a_mounted_application_keeps_the_limit_outside_unless_it_has_its_own(http: Any, started: Any) -> None:
    for inner_limit, in_force in ((..., 5), (2, 2), (9, 9)):
        inner = Armillary(routes=[Route("/", echo, methods=["POST"])], max_body_size=inner_limit)
        app = await started(routes=[Mount("/inner", inner)], max_body_size=5)
        for _ in range(2):
            assert (await http(app, "/inner/", method="POST", body=b"1" * in_force)).status == 200
            assert (await http(app, "/inner/", method="POST", body=b"1" * (in_force + 1))).status == 413


@pytest.mark.parametrize("limit", ["1", 1.5, True])
def test_a_limit_that_is_no_number_is_rejected(limit: Any) -> None:
    with pytest.raises(TypeError, match="max_body_size is a whole number of bytes"):
        Armillary(max_body_size=limit)


def test_a_negative_limit_is_rejected() -> None:
    with pytest.raises(ValueError, match="max_body_size is a number of bytes, 0 or more"):
        Armillary(max_body_size=-1)


# -- WebSockets --------------------------------------------------------------------------------


async def greet_socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


async def failing_socket(websocket: WebSocket) -> None:
    await websocket.accept()
    raise StarError("too bright")


async def rejecting_socket(websocket: WebSocket) -> None:
    await websocket.accept()
    raise WebSocketException(1003)


class RawFailingSocket:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise StarError("raw")


async def test_a_websocket_finds_its_endpoint(websocket: Any, started: Any) -> None:
    response = await websocket(await started(routes=[WebSocketRoute("/", greet_socket)]))
    assert [message["type"] for message in response] == ["websocket.accept", "websocket.send", "websocket.close"]


async def test_a_websocket_no_route_matches_is_closed(websocket: Any, started: Any) -> None:
    response = await websocket(await started(routes=ROUTES))
    assert response.kinds == ["websocket.close"]


@pytest.mark.parametrize("endpoint", [failing_socket, RawFailingSocket()])
async def test_a_failed_websocket_is_closed_with_1011(websocket: Any, started: Any, endpoint: Any) -> None:
    response = await websocket(await started(routes=[WebSocketRoute("/", endpoint)]))
    assert response.kinds == ["websocket.accept", "websocket.close"]
    assert response[-1]["code"] == 1011
    assert type(response.error) is StarError


@pytest.mark.parametrize("endpoint", [failing_socket, RawFailingSocket()])
async def test_a_websocket_handler_closes_in_its_way(websocket: Any, started: Any, endpoint: Any) -> None:
    async def handle(socket: WebSocket, exc: Exception) -> None:
        await socket.close(1013)

    app = await started(routes=[WebSocketRoute("/", endpoint)], exception_handlers={StarError: handle})
    response = await websocket(app)
    assert response[-1]["code"] == 1013
    assert response.error is None


async def test_a_websocket_exception_closes_with_its_code(websocket: Any, started: Any) -> None:
    response = await websocket(await started(routes=[WebSocketRoute("/", rejecting_socket)]))
    assert response[-1]["code"] == 1003


# -- what an application is made of ------------------------------------------------------------


async def test_middleware_runs_from_the_first_to_the_last(http: Any) -> None:
    calls: list[str] = []

    class Labelled:
        def __init__(self, app: Any, name: str) -> None:
            self.app, self.name = app, name

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            calls.append(self.name)
            await self.app(scope, receive, send)

    def labelled(app: Any, name: str) -> Any:
        return Labelled(app, name)

    app = Armillary(routes=ROUTES, middleware=[Middleware(Labelled, "second"), Middleware(labelled, name="third")])
    app.add_middleware(Labelled, "first")
    await http(app)
    assert calls == ["first", "second", "third"]


async def test_nothing_is_added_once_the_application_has_started(http: Any) -> None:
    app = Armillary(routes=ROUTES)
    await http(app)
    with pytest.raises(RuntimeError, match="Cannot add middleware after an application has started"):
        app.add_middleware(print)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="Cannot add an exception handler after"):
        app.add_exception_handler(404, handler("x"))


async def test_handlers_and_routes_may_be_added_before_and_routes_at_any_time(http: Any) -> None:
    app = Armillary()
    app.add_exception_handler(StarError, handler("added"))
    app.add_route("/star", star_error)
    assert (await http(app, "/star")).text == "added: too bright"
    app.add_route("/new", hello)
    app.mount("/mounted", Router([Route("/", hello, name="inner")]), name="mounted")
    assert (await http(app, "/new")).status == 200
    assert (await http(app, "/mounted/")).status == 200
    assert app.url_path_for("mounted:inner") == "/mounted/"
    app.routes.clear()
    assert (await http(app, "/new")).status == 404


@pytest.mark.parametrize("item", ["cors", print, (1, 2, 3)])
def test_middleware_that_is_none_is_rejected_with_the_fix(item: Any) -> None:
    with pytest.raises(TypeError, match=r"write Middleware\("):
        Armillary(middleware=[item])


def test_handlers_are_checked_at_construction() -> None:
    with pytest.raises(TypeError, match="a status code or an exception class"):
        Armillary(exception_handlers={"404": handler("x")})
    with pytest.raises(TypeError, match="must be a function"):
        Armillary(exception_handlers={404: "x"})  # type: ignore[dict-item]


async def test_the_application_is_in_the_scope_and_carries_state(http: Any, started: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return JSONResponse({"star": request.app.state.star, "same": request.app is app})

    app = await started(routes=[Route("/", endpoint)])
    app.state.star = "Vega"
    assert (await http(app)).body == b'{"star":"Vega","same":true}'


async def test_an_application_mounted_in_another_handles_its_own_errors(http: Any, started: Any) -> None:
    inner = Armillary(routes=ROUTES, exception_handlers={StarError: handler("inner")})
    app = await started(routes=[Mount("/inner", inner)], exception_handlers={StarError: handler("outer")})
    for _ in range(2):
        assert (await http(app, "/inner/star")).text == "inner: too bright"


async def test_an_exception_through_two_applications_is_logged_once(
    http: Any, started: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = await started(routes=[Mount("/inner", Armillary(routes=ROUTES))])
    for count in (1, 2):
        response = await http(app, "/inner/failing")
        assert (response.status, type(response.error)) == (500, RuntimeError)
        assert len(caplog.records) == count


async def test_a_foreign_route_is_asked_in_its_turn(http: Any, started: Any) -> None:
    class Everything(BaseRoute):
        def matches(self, scope: Any) -> Any:
            return Match.FULL, {"path_params": {"name": "foreign"}}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("foreign")(scope, receive, send)

    app = await started(routes=[Route("/", hello), Everything()])
    assert (await http(app)).text == "Hello, world!"
    assert (await http(app, "/else")).text == "foreign"


class ForeignRouter:
    """What another framework leaves in the scope: a router that knows its own names alone."""

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        raise LookupError(name)


class NamingHome:
    """Middleware that adds the URL of the route "home" to every response."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        home = str(Request(scope).url_for("home")).encode()

        async def send_named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-home", home)]}
            await send(message)

        await self.app(scope, receive, send_named)


@pytest.mark.parametrize("middleware", [[], [Middleware(NamingHome)]], ids=["bare", "with middleware"])
async def test_below_another_frameworks_router_names_are_those_of_our_routes(http: Any, middleware: Any) -> None:
    async def home(request: Request) -> Response:
        return PlainTextResponse(str(request.url_for("greet", name="ada")))

    async def lost(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(str(request.url_for("home")), status_code=404)

    routes = [Route("/", home, name="home"), Route("/greet/{name}", greet, name="greet"), Route("/star", star_error)]
    app = Armillary(routes=routes, middleware=middleware, exception_handlers={404: lost, StarError: lost})
    theirs: dict[str, Any] = {"app": object(), "router": ForeignRouter(), "root_path": "/ours", "app_root_path": ""}
    for path, status, text in (("/", 200, "/ours/greet/ada"), ("/nowhere", 404, "/ours/"), ("/star", 404, "/ours/")):
        seen: dict[str, Any] = {}

        async def below(scope: Any, receive: Any, send: Any, seen: dict[str, Any] = seen) -> None:
            seen.update(scope, **theirs)
            await app(seen, receive, send)

        response = await http(below, "/ours" + path)
        assert (response.status, response.text) == (status, "http://testserver" + text)
        assert {key: seen[key] for key in theirs} == theirs
        assert getattr(seen.get("route"), "path", "/nowhere") == path
        if middleware:
            assert response.headers["x-home"] == "http://testserver/ours/"


@pytest.mark.parametrize("middleware", [[], [Middleware(NamingHome)]], ids=["bare", "with middleware"])
async def test_an_application_responds_after_another_whose_response_was_discarded(http: Any, middleware: Any) -> None:
    async def drop(message: Any) -> None: ...

    async def stream(request: Request) -> Response:
        async def parts() -> Any:
            yield b"nothing here"

        return StreamingResponse(parts(), 404)

    async def handle_error(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("handled", status_code=418)

    home = Route("/home", hello, name="home")
    first = Armillary(routes=[Route("/{path:path}", stream), home], middleware=middleware)
    second = Armillary(
        routes=[Route("/star", star_error), Route("/broken", failing), home],
        middleware=middleware,
        exception_handlers={StarError: handle_error},
    )

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await first(scope, receive, drop)
        await second(scope, receive, send)

    assert (await http(cascade, "/star")).status == 418
    assert (await http(cascade, "/broken")).status == 500
    assert (await http(Armillary(routes=[Mount("/", cascade), home], middleware=middleware), "/broken")).status == 500


class FailingInTheBody:
    """A middleware whose channel fails once the start of a response has passed it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def failing_send(message: Any) -> None:
            if message["type"] == "http.response.body":
                raise StarError
            await send(message)

        await self.app(scope, receive, failing_send if scope["type"] == "http" else send)


async def test_a_middleware_that_fails_past_the_start_gets_no_second_start(http: Any, started: Any) -> None:
    app = await started(routes=ROUTES, middleware=[Middleware(FailingInTheBody)])
    response = await http(app, "/")
    assert [message["type"] for message in response] == ["http.response.start"]
    assert isinstance(response.error, StarError)


async def test_a_body_past_the_limit_is_rejected_to_head_without_a_body(http: Any, started: Any) -> None:
    class Reading:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                await receive()
            await self.app(scope, receive, send)

    app = await started(middleware=[Middleware(Reading)], max_body_size=1)
    response = await http(app, method="HEAD", body=b"12")
    assert (response.status, response.body, response.error) == (413, b"", None)


def test_the_error_inside_a_property_is_not_hidden_by_that_of_a_missing_attribute() -> None:
    class WithDatabase(Armillary):
        @property
        def db(self) -> Any:
            return self.state.database

        @property
        def total(self) -> Any:
            return self.nowhere  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'State' object has no attribute 'database'"):
        _ = WithDatabase().db
    with pytest.raises(AttributeError, match="'WithDatabase' object has no attribute 'nowhere'"):
        _ = WithDatabase().total
    with pytest.raises(AttributeError, match="'WithDatabase' object has no attribute 'other'"):
        _ = WithDatabase().other  # type: ignore[attr-defined]
    assert not hasattr(WithDatabase(), "db")
