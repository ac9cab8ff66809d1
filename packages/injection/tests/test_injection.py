"""Injection into endpoints, tasks and resolvers, on asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import anyio
import anyio.lowlevel
import pytest
from dishka import FromDishka, Provider, Scope, make_container, provide
from dishka.exceptions import NoFactoryError

from armillary.asgi_types import ClientDisconnect
from armillary.background import BackgroundTask
from armillary.http import (
    HTTPEndpoint,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
    request_response,
)
from armillary.injection import Injection, InjectionError, InjectionMiddleware, inject, message_scope, override
from armillary.lint import lint
from armillary.routing import Mount, Route, Router
from armillary.websockets import WebSocket, WebSocketEndpoint, websocket_session

pytestmark = pytest.mark.anyio

LOG: list[str] = []


class Settings:
    name = "settings"


class Connection:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings


class Users:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def find(self) -> str:
        return "Ada"


class Client:
    def __init__(self, path: str) -> None:
        self.path = path


class Visit:
    pass


class Services(Provider):
    settings = provide(Settings, scope=Scope.APP)
    users = provide(Users, scope=Scope.REQUEST)

    @provide(scope=Scope.REQUEST)
    async def connection(self, settings: Settings) -> AsyncIterator[Connection]:
        LOG.append("open connection")
        error = yield Connection(settings)
        await anyio.lowlevel.checkpoint()  # a teardown that awaits still runs when cancelled
        LOG.append(f"close connection {type(error).__name__}")

    @provide(scope=Scope.REQUEST)
    def client(self, request: Request) -> Iterator[Client]:
        LOG.append("open client")
        yield Client(request.url.path)
        LOG.append("close client")

    @provide(scope=Scope.SESSION)
    def visit(self) -> Iterator[Visit]:
        LOG.append("open visit")
        yield Visit()
        LOG.append("close visit")


@pytest.fixture(autouse=True)
def empty_log() -> None:
    LOG.clear()


async def get(app: Any, path: str = "/", query: str = "", method: str = "GET") -> tuple[int, bytes]:
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
    }
    await lint(app)(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


def app_of(endpoint: Any, *more: Provider) -> Any:
    return InjectionMiddleware(request_response(endpoint), Injection(Services(), *more))


async def test_a_function_endpoint_is_given_its_dependencies_by_type() -> None:
    @inject
    async def endpoint(users: Users, settings: FromDishka[Settings]) -> Response:
        assert users.connection.settings is settings
        return PlainTextResponse(users.find())

    assert await get(app_of(endpoint)) == (200, b"Ada")


async def test_an_endpoint_may_take_the_request_too() -> None:
    @inject
    async def endpoint(request: Request, users: Users, client: Client) -> Response:
        return PlainTextResponse(client.path + request.url.path)

    assert await get(app_of(endpoint), "/x") == (200, b"/x/x")


async def test_a_sync_endpoint_is_injected_and_runs_in_a_thread() -> None:
    import threading

    @inject
    def endpoint(users: Users) -> Response:
        assert threading.current_thread() is not threading.main_thread()
        return PlainTextResponse(users.find())

    assert await get(app_of(endpoint)) == (200, b"Ada")


async def test_methods_of_a_class_endpoint_are_injected() -> None:
    class Page(HTTPEndpoint):
        @inject
        async def get(self, request: Request, users: Users, page: int = 1) -> Response:
            return JSONResponse([type(self).__name__, users.find(), page])

    app = InjectionMiddleware(Page, Injection(Services()))
    assert await get(app, query="page=3") == (200, b'["Page","Ada",3]')


async def test_the_scope_closes_in_reverse_order_after_background_tasks() -> None:
    @inject
    async def work(number: int, users: Users) -> None:
        LOG.append(f"task {number} {users.find()}")

    @inject
    async def endpoint(client: Client, users: Users) -> Response:
        return Response(background=BackgroundTask(work, 7))

    assert (await get(app_of(endpoint)))[0] == 200
    assert LOG == ["open client", "open connection", "task 7 Ada", "close connection NoneType", "close client"]


async def test_the_scope_closes_on_an_error_which_the_providers_see() -> None:
    @inject
    async def endpoint(users: Users) -> Response:
        raise LookupError

    with pytest.raises(LookupError):
        await get(app_of(endpoint))
    assert LOG == ["open connection", "close connection LookupError"]


async def test_the_scope_closes_in_reverse_order_on_an_error_and_on_a_disconnect() -> None:
    @inject
    async def fails(client: Client, users: Users) -> Response:
        raise LookupError

    @inject
    async def reads(request: Request, client: Client, users: Users) -> Response:
        await request.body()
        return Response()

    @inject
    async def streams(client: Client, users: Users) -> Response:
        async def parts() -> AsyncIterator[str]:
            while True:
                LOG.append("part")
                yield "part"

        return StreamingResponse(parts())

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 3:
            raise OSError("the client disconnected")

    scope: Any = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "POST", "path": "/"}
    scope |= {"headers": [], "query_string": b"", "http_version": "1.1"}
    for endpoint, error in ((fails, LookupError), (reads, ClientDisconnect), (streams, (ClientDisconnect, OSError))):
        LOG.clear()
        with pytest.raises(error):
            await app_of(endpoint)(dict(scope), receive, send)
        assert LOG[:2] == ["open client", "open connection"]
        assert LOG[-2].startswith("close connection")
        assert LOG[-1] == "close client"


async def test_the_scope_closes_on_cancellation() -> None:
    @inject
    async def endpoint(users: Users, client: Client) -> Response:
        await anyio.sleep(60)
        return Response()

    with anyio.move_on_after(0.05):
        await get(app_of(endpoint))
    assert LOG[-2:][0] == "close client"
    assert LOG[-1].startswith("close connection Cancel")


async def test_a_route_that_injects_nothing_opens_nothing() -> None:
    async def endpoint(request: Request) -> Response:
        return Response()

    injection = Injection(Services())
    injection.container = None  # type: ignore[assignment]
    assert (await get(InjectionMiddleware(request_response(endpoint), injection)))[0] == 200


async def test_a_route_that_injects_nothing_costs_four_calls_and_none_of_the_container() -> None:
    import sys

    async def endpoint(scope: Any, receive: Any, send: Any) -> None: ...

    app = InjectionMiddleware(endpoint, Injection(Services()))
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": []}
    called: list[str] = []

    def record_call(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            called.append(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}")

    sys.setprofile(record_call)
    try:
        await app(scope, None, None)  # type: ignore[arg-type]
    finally:
        sys.setprofile(None)
    own = [name for name in called if not name.endswith(".endpoint")]
    assert {name.partition("._")[0] for name in own} == {"armillary.injection"}
    assert len(own) == 4


class Colour(Enum):
    RED = "red"


@inject
async def echo(
    n: int = 0,
    x: float = 0.0,
    flag: bool = False,
    uid: UUID | None = None,
    at: datetime | None = None,
    colour: Colour | None = None,
    order: Literal["up", "down"] = "up",
    many: list[int] = [],  # noqa: B006
) -> Response:
    return PlainTextResponse(repr((n, x, flag, uid and str(uid), at and at.year, colour, order, many)))


@pytest.mark.parametrize(
    ("query", "index", "value"),
    [
        ("n=-7", 0, -7),
        ("x=1.5", 1, 1.5),
        ("flag=yes", 2, True),
        ("uid=12345678-1234-5678-1234-567812345678", 3, "12345678-1234-5678-1234-567812345678"),
        ("at=2026-01-31T12:00:00", 4, 2026),
        ("order=down", 6, "down"),
        ("many=1&many=2", 7, [1, 2]),
    ],
)
async def test_query_parameters_have_the_type_of_their_annotation(query: str, index: int, value: Any) -> None:
    status, body = await get(app_of(echo), query=query)
    assert status == 200
    assert eval(body, {"Colour": Colour})[index] == value


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("n=1e3", "query.n: Expected a whole number"),
        ("n=", "query.n: Expected a whole number"),
        ("n=%D9%A1", "query.n: Expected a whole number"),
        ("x=nan", "query.x: Expected a number"),
        ("flag=maybe", "query.flag: Expected true or false"),
        ("uid=1", "query.uid: Expected a UUID"),
        ("colour=blue", "query.colour: Expected one of red"),
        ("many=1&many=a", "query.many.1: Expected a whole number"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_named_with_what_was_expected(query: str, message: str) -> None:
    status, body = await get(app_of(echo), query=query)
    assert (status, message in body.decode()) == (422, True)


async def test_a_missing_parameter_and_path_parameters() -> None:
    @inject
    async def endpoint(number: int, page: int) -> Response:
        return JSONResponse([number, page])

    app = InjectionMiddleware(Router([Route("/{number}", endpoint), Route("/i/{number:int}", endpoint)]), Injection())
    assert await get(app, "/7", "page=2") == (200, b"[7,2]")
    assert await get(app, "/i/7", "page=2&number=9") == (200, b"[7,2]")
    status, body = await get(app, "/x")
    assert (status, b"path.number: Expected a whole number" in body) == (422, True)
    assert b"query.page: Missing: expected a whole number" in body


async def websocket(app: Any, *texts: str) -> list[Any]:
    events: list[Any] = [{"type": "websocket.connect"}]
    events += [{"type": "websocket.receive", "text": text} for text in texts]
    events.append({"type": "websocket.disconnect", "code": 1000})
    sent: list[Any] = []

    async def receive() -> Any:
        if events:
            return events.pop(0)
        return await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "websocket", "path": "/", "headers": [], "subprotocols": [], "query_string": b""}, receive, send)
    return sent


async def test_a_websocket_has_a_session_scope_and_may_have_one_for_each_message() -> None:
    @inject
    async def handle(text: str, visit: Visit, users: Users) -> None:
        LOG.append(text)

    @inject
    async def endpoint(websocket: WebSocket, visit: Visit) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            async with message_scope():
                await handle(text)

    await websocket(InjectionMiddleware(websocket_session(endpoint), Injection(Services())), "a", "b")
    assert [
        "open visit",
        *("open connection", "a", "close connection NoneType"),
        *("open connection", "b", "close connection NoneType"),
        "close visit",
    ] == LOG


async def test_methods_of_a_websocket_endpoint_are_injected() -> None:
    class Chat(WebSocketEndpoint):
        encoding = "text"

        @inject
        async def on_connect(self, websocket: WebSocket, visit: Visit) -> None:
            await websocket.accept()

        @inject
        async def on_receive(self, websocket: WebSocket, data: str, users: Users, visit: Visit) -> None:
            LOG.append(f"{type(self).__name__} {data}")
            await websocket.send_text(users.find())

        @inject
        async def on_disconnect(self, websocket: WebSocket, close_code: int, users: Users) -> None:
            LOG.append(f"left {close_code}")

    sent = await websocket(InjectionMiddleware(Chat, Injection(Services())), "a", "b")
    assert [message.get("text") for message in sent if message["type"] == "websocket.send"] == ["Ada", "Ada"]
    assert [
        *("open visit", "open connection", "Chat a", "Chat b", "left 1000"),
        *("close connection NoneType", "close visit"),
    ] == LOG


async def test_what_a_websocket_asked_for_is_closed_before_what_its_session_holds() -> None:
    @inject
    async def endpoint(websocket: WebSocket, visit: Visit, users: Users) -> None:
        await websocket.accept()

    await websocket(InjectionMiddleware(websocket_session(endpoint), Injection(Services())))
    assert LOG == ["open visit", "open connection", "close connection NoneType", "close visit"]


async def test_values_are_overridden_while_the_block_runs() -> None:
    class Fake(Users):
        def __init__(self) -> None: ...

        def find(self) -> str:
            return "fake"

    @inject
    async def endpoint(users: Users) -> Response:
        return PlainTextResponse(users.find())

    class FakeClient:
        app = app_of(endpoint)

    with override(FakeClient(), {Users: Fake()}):
        assert (await get(FakeClient.app))[1] == b"fake"
    assert (await get(FakeClient.app))[1] == b"Ada"
    with pytest.raises(InjectionError, match="no InjectionMiddleware"), override(object(), {}):
        pass


class Left:
    def __init__(self, right: Right) -> None: ...


class Right:
    def __init__(self, left: Left) -> None: ...


def test_a_missing_or_cyclic_dependency_is_rejected_at_construction_with_its_chain() -> None:
    class Missing(Provider):
        users = provide(Users, scope=Scope.REQUEST)

    with pytest.raises(InjectionError, match=r"(?s)Connection.*Users|Users.*Connection"):
        Injection(Missing())

    class Cycle(Provider):
        left = provide(Left, scope=Scope.REQUEST)
        right = provide(Right, scope=Scope.REQUEST)

    with pytest.raises(InjectionError, match=r"(?s)Left.*Right"):
        Injection(Cycle())


async def test_an_endpoint_with_a_dependency_that_no_provider_has_stops_the_start() -> None:
    @inject
    async def endpoint(users: Users) -> Response:
        return Response()

    class Page(HTTPEndpoint):
        @inject
        async def get(self, request: Request, users: Users) -> Response:
            return Response()

    for route in (Route("/", endpoint), Mount("/in", routes=[Route("/", endpoint)]), Route("/", Page)):
        with pytest.raises(InjectionError, match=r"(?s)Users.*endpoint|endpoint.*Users|Users.*get|get.*Users"):
            async with Injection().lifespan(Router([route])):
                raise AssertionError("must not start")
    async with Injection(Services()).lifespan(Router([Route("/", endpoint)])):
        pass


async def test_outside_of_a_request_the_error_says_what_to_do() -> None:
    @inject
    async def task(users: Users) -> None: ...

    with pytest.raises(InjectionError, match="InjectionMiddleware"):
        await task()
    with pytest.raises(TypeError, match="injection"):
        InjectionMiddleware(request_response(echo), Services())  # type: ignore[arg-type]


async def test_what_is_injected_is_hidden_from_the_signature() -> None:
    import inspect

    @inject
    async def resolver(root: Any, limit: int, users: Users) -> list[str]:
        return [users.find()] * limit

    assert list(inspect.signature(resolver).parameters) == ["root", "limit"]
    assert "users" not in resolver.__annotations__

    async def endpoint(request: Request) -> Response:
        return JSONResponse(await resolver(None, limit=2))  # type: ignore[call-arg]

    assert await get(app_of(endpoint)) == (200, b'["Ada","Ada"]')


async def test_what_is_injected_is_hidden_although_another_annotation_does_not_exist_yet() -> None:
    import inspect

    class Person:
        @inject
        async def friends(self, other: Person, limit: int, users: Users) -> list[Person]:
            return []

    assert list(inspect.signature(Person.friends).parameters) == ["self", "other", "limit"]
    assert list(Person.friends.__annotations__) == ["other", "limit", "return"]


class Filter:
    __strawberry_definition__ = object()


async def test_a_type_of_a_graphql_schema_is_an_argument_of_its_field_and_is_not_injected() -> None:
    import inspect

    @inject
    async def resolver(root: Filter, matching: Filter, users: Users) -> str:
        return users.find()

    assert list(inspect.signature(resolver).parameters) == ["root", "matching"]
    assert list(resolver.__annotations__) == ["root", "matching", "return"]


async def test_concurrent_requests_have_scopes_of_their_own() -> None:
    found: set[int] = set()
    kept: list[Any] = []

    @inject
    async def endpoint(users: Users) -> Response:
        await anyio.sleep(0.01)
        kept.append(users)
        found.add(id(users))
        return Response()

    app = app_of(endpoint)
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(get, app)
    assert len(found) == 20


async def test_an_object_that_several_tasks_of_a_request_need_at_once_is_created_once() -> None:
    """Such as the fields of a GraphQL query, which are resolved at the same time."""
    made: list[Visit] = []

    class Slow(Provider):
        @provide(scope=Scope.REQUEST)
        async def visit(self) -> Visit:
            await anyio.sleep(0.01)
            made.append(Visit())
            return made[-1]

    @inject
    async def resolver(visit: Visit) -> Visit:
        return visit

    async def endpoint(request: Request) -> Response:
        got: set[int] = set()

        async def resolve() -> None:
            got.add(id(await resolver()))  # type: ignore[call-arg]

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(resolve)
        return JSONResponse(len(got))

    app = InjectionMiddleware(request_response(endpoint), Injection(Slow()))
    assert (await get(app))[1] == b"1"
    assert len(made) == 1


async def test_a_task_cancelled_while_another_one_resolves_blocks_no_other_task() -> None:
    class Slow(Provider):
        @provide(scope=Scope.REQUEST)
        async def visit(self) -> Visit:
            await anyio.sleep(0.02)
            return Visit()

    @inject
    async def resolver(visit: Visit) -> None: ...

    async def endpoint(request: Request) -> Response:
        async with anyio.create_task_group() as group:
            group.start_soon(resolver)
            with anyio.move_on_after(0.005):
                await resolver()  # type: ignore[call-arg]
            await resolver()  # type: ignore[call-arg]
        return Response()

    with anyio.fail_after(5):
        assert (await get(InjectionMiddleware(request_response(endpoint), Injection(Slow()))))[0] == 200


async def test_a_provider_may_call_what_is_injected_itself() -> None:
    class Inner(Provider):
        settings = provide(Settings, scope=Scope.APP)

        @provide(scope=Scope.REQUEST)
        async def client(self) -> Client:
            return Client(await name_of())  # type: ignore[call-arg]

    @inject
    async def name_of(settings: Settings) -> str:
        return settings.name

    @inject
    async def endpoint(client: Client) -> Response:
        return PlainTextResponse(client.path)

    with anyio.fail_after(5):
        response = await get(InjectionMiddleware(request_response(endpoint), Injection(Inner())))
    assert response == (200, b"settings")


async def test_injecting_after_the_request_has_ended_is_an_error() -> None:
    @inject
    async def task(users: Users) -> None: ...

    ended = anyio.Event()
    errors: list[str] = []

    async def later() -> None:
        await ended.wait()
        with pytest.raises(InjectionError, match="after its request had ended") as caught:
            await task()  # type: ignore[call-arg]
        errors.append(str(caught.value))
        with pytest.raises(InjectionError, match="after its request had ended"):
            async with message_scope():
                pass

    async with anyio.create_task_group() as group:

        @inject
        async def endpoint(users: Users) -> Response:
            group.start_soon(later)
            return Response()

        assert (await get(app_of(endpoint)))[0] == 200
        ended.set()
    assert errors
    assert LOG == ["open connection", "close connection NoneType"]


async def test_messages_handled_at_once_have_scopes_of_their_own_and_share_the_session() -> None:
    got: list[tuple[Users, Visit]] = []
    both = [anyio.Event(), anyio.Event()]

    @inject
    async def handle(visit: Visit, users: Users) -> None:
        got.append((users, visit))

    async def message(number: int) -> None:
        async with message_scope():
            both[number].set()
            for event in both:
                await event.wait()
            await handle()  # type: ignore[call-arg]
            await handle()  # type: ignore[call-arg]

    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        async with anyio.create_task_group() as group:
            group.start_soon(message, 0)
            group.start_soon(message, 1)

    with anyio.fail_after(5):
        await websocket(InjectionMiddleware(websocket_session(endpoint), Injection(Services())))
    assert len({id(users) for users, _ in got}) == 2
    assert len({id(visit) for _, visit in got}) == 1
    assert LOG.count("open connection") == LOG.count("close connection NoneType") == 2
    assert (LOG.count("open visit"), LOG[-1]) == (1, "close visit")


async def test_a_message_scope_may_be_opened_in_a_request_too() -> None:
    @inject
    async def task(users: Users) -> int:
        return id(users)

    @inject
    async def endpoint(users: Users) -> Response:
        async with message_scope():
            inner = await task()  # type: ignore[call-arg]
        return JSONResponse([inner != id(users), await task() == id(users)])  # type: ignore[call-arg]

    assert (await get(app_of(endpoint)))[1] == b"[true,true]"
    assert len(LOG) == 4


class Star:
    pass


@inject
async def renamed(star: Star, users: Users) -> str:
    return users.find()


MISSING = (
    r"^renamed \(.*test_injection.py line \d+\): no provider makes its parameter 'star': add one of Star to those of "
    r"Injection\(\.\.\.\)\. If 'star' is the body of the request, leave @inject out"
)


async def test_a_parameter_that_no_provider_makes_is_named_with_its_function_at_start_and_at_a_request(
    call: Any,
) -> None:
    injection = Injection(Services())
    with pytest.raises(InjectionError, match=MISSING):
        async with injection.lifespan(Router([Route("/", renamed)])):
            raise AssertionError("it started")
    with pytest.raises(InjectionError, match=MISSING):
        await call(InjectionMiddleware(request_response(renamed), injection))


async def test_the_error_of_another_container_keeps_what_it_was_raised_from(call: Any) -> None:
    class Elsewhere:
        pass

    cause = ValueError("the reason")

    class Broken(Provider):
        @provide(scope=Scope.REQUEST)
        def star(self) -> Star:
            raise elsewhere from cause

    container = make_container(Provider())
    with pytest.raises(NoFactoryError) as caught:
        container.get(Elsewhere)
    elsewhere = caught.value

    @inject
    async def find(star: Star) -> str:
        return "found"

    with pytest.raises(NoFactoryError) as raised:
        await call(InjectionMiddleware(request_response(find), Injection(Broken())))
    assert raised.value is elsewhere
    assert raised.value.__cause__ is cause


async def test_text_that_an_injected_endpoint_declares_is_sent_as_json(call: Any) -> None:
    @inject
    async def find(users: Users) -> str:
        return users.find()

    response = await call(InjectionMiddleware(request_response(find), Injection(Services())))
    assert (response.status, response.body) == (200, b'"Ada"')
