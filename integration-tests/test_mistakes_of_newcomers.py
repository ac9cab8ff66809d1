"""What people write in their first hour who know Django, Flask, FastAPI or Starlette, and what they are told."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from testkit import Mistake, check_message

from armillary.web import (
    Armillary,
    AuthenticationBackend,
    AuthenticationMiddleware,
    Config,
    Depends,
    DispatchMiddleware,
    EventSourceResponse,
    FileResponse,
    Header,
    HTMLResponse,
    HTTPEndpoint,
    HTTPException,
    Jinja2Templates,
    JSONResponse,
    Middleware,
    Mount,
    OpenAPI,
    PlainTextResponse,
    RedirectResponse,
    Request,
    Response,
    Route,
    Router,
    SessionBackend,
    SessionMiddleware,
    SimpleUser,
    StaticFiles,
    StreamingResponse,
    TestClient,
    WebSocket,
    WebSocketRoute,
    requires,
)

HERE = "test_mistakes_of_newcomers.py line "
KEY = "".join(map(chr, range(65, 105)))

# What is wrong for type checkers too is the point of this file.
Untyped = Any
app_class: Untyped = Armillary
route: Untyped = Route
router_class: Untyped = Router
response_class: Untyped = Response
middleware: Untyped = Middleware
config_class: Untyped = Config
openapi_class: Untyped = OpenAPI
mount_class: Untyped = Mount
http_exception: Untyped = HTTPException
UNAWAITED: list[Any] = []


def home(request: Request) -> Response:
    return PlainTextResponse("home")


async def listen(websocket: WebSocket) -> None:
    await websocket.accept()


def fail(request: Request) -> Response:
    raise LookupError


def served(endpoint: Any = home, **arguments: Any) -> Any:
    """Request an application of one endpoint."""
    with TestClient(app_class(routes=[Route("/", endpoint)], **arguments)) as client:
        return client.get("/")


def responded(respond: Callable[[Any], Any], **arguments: Any) -> Any:
    """Request an application whose endpoint returns what a function makes of the request."""

    async def endpoint(request: Any) -> Any:
        return respond(request)

    return served(endpoint, **arguments)


def raised(exc: Any) -> Any:
    raise exc


def handled(handler: Any) -> Any:
    return served(fail, exception_handlers={LookupError: handler})


def dispatched(dispatch: Any) -> Any:
    return served(middleware=[Middleware(DispatchMiddleware, dispatch=dispatch)])


def connected(endpoint: Any) -> None:
    with TestClient(Armillary(routes=[WebSocketRoute("/", endpoint)])) as client:
        with client.websocket_connect("/") as websocket:
            websocket.receive_text()


def imported(name: str) -> None:
    exec(f"from armillary.web import {name}", {})  # noqa: S102


def one_argument(exc: Any) -> Response:
    return PlainTextResponse("failed")


def data_as_response(request: Any, exc: Any) -> Any:
    return {"error": "not found"}


def only_logs(request: Any, exc: Any) -> None: ...


async def timing(request: Any, call_next: Any) -> Any:
    return await call_next(request)


async def forgets_to_return(request: Any, call_next: Any) -> None:
    await call_next(request)


async def forgets_to_await(request: Any, call_next: Any) -> Any:
    return call_next(request)


class Timing:
    def __init__(self, app: Any) -> None: ...

    async def dispatch(self, request: Any, call_next: Any) -> None: ...


class Silent:
    def __init__(self, app: Any) -> None: ...


class UserAlone(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        return SimpleUser("ada")


class Shouting(HTTPEndpoint):
    async def GET(self, request: Request) -> Response:
        return home(request)


class Nothing(HTTPEndpoint): ...


class Pages:
    def show(self, request: Request) -> Response:
        return home(request)


async def load(identity: str) -> SimpleUser:
    return SimpleUser(identity)


@asynccontextmanager
async def two_yields(app: Any) -> AsyncIterator[None]:
    yield
    yield


async def twice() -> AsyncIterator[int]:
    yield 1
    yield 2


async def never() -> AsyncIterator[int]:
    for number in range(0):
        yield number


@asynccontextmanager
async def managed() -> AsyncIterator[int]:
    yield 1


async def of_twice(number: Annotated[int, Depends(twice)]) -> int:
    return number


async def of_never(number: Annotated[int, Depends(never)]) -> int:
    return number


async def of_managed(number: Annotated[Any, Depends(managed)]) -> int:
    return 1


async def of_function(number: Annotated[int, load]) -> int:
    return number


async def of_nothing(number: Annotated[int, Depends()]) -> int:
    return number


async def sends_data(websocket: WebSocket) -> None:
    data: Any = {"a": 1}
    await websocket.accept()
    await websocket.send_text(data)


async def of_aiohttp(websocket: Any) -> None:
    await websocket.accept()
    await websocket.recv()


def keeps_date(request: Request) -> Response:
    request.session["number"] = 1
    request.session["visited"] = datetime.now(UTC)
    return home(request)


def of_django(get_response: Any) -> Any:
    def of_request(request: Any) -> Any:
        return get_response(request)

    return of_request


def of_express(req: Any, res: Any, following: Any) -> None: ...


async def calls_without_request(request: Any, call_next: Any) -> Any:
    return await call_next()


@dataclass
class Pages50:
    size: int

    def __call__(self) -> int:
        return self.size


async def of_instance(size: Annotated[int, Depends(Pages50(50))]) -> int:
    return size


async def returns_data(websocket: WebSocket) -> Any:
    await websocket.accept()
    return {"a": 1}


async def sends_first(websocket: WebSocket) -> None:
    await websocket.send_text("hello")


async def accepts_twice(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.accept()


async def sends_no_message(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send({"a": 1})


def shown(text: str, *arguments: Any, **values: Any) -> Any:
    """Respond with a template of this text."""
    import jinja2

    templates: Any = Jinja2Templates(
        env=jinja2.Environment(loader=jinja2.DictLoader({"page.html": text}), autoescape=True)
    )
    return responded(lambda request: templates.TemplateResponse(request, "page.html", *arguments, **values))


def with_cookie(*arguments: Any) -> Any:
    response: Any = PlainTextResponse("x")
    response.set_cookie(*arguments)


def background() -> Any:
    UNAWAITED.append(load("ada"))
    return PlainTextResponse("sent", background=UNAWAITED[-1])


T, V, R, A = TypeError, ValueError, RuntimeError, AttributeError
MISTAKES: dict[str, Mistake] = {
    # -- names
    "FastAPI": (lambda: imported("FastAPI"), ImportError, ("'FastAPI' from 'armillary.web'; write Armillary",)),
    "APIRouter": (lambda: imported("APIRouter"), ImportError, ("; write Router",)),
    "jsonify": (lambda: imported("jsonify"), ImportError, ("; write JSONResponse",)),
    "render": (lambda: imported("render"), ImportError, ("TemplateResponse(request, name, context)",)),
    "a misspelt import": (lambda: imported("JsonResponse"), ImportError, ("did you mean 'JSONResponse'?",)),
    "app.errorhandler": (lambda: app_class().errorhandler(404), A, ("write Armillary(exception_handlers={...})",)),
    "app.add_url_rule": (lambda: app_class().add_url_rule("/"), A, ("write app.add_route(path, endpoint)",)),
    "app.url_for": (lambda: app_class().url_for("home"), A, ("write request.url_for(name)",)),
    "app.test_client": (lambda: app_class().test_client(), A, ("write TestClient(app)",)),
    "response_model": (lambda: route("/", home, response_model=int), T, ("'response_model': write what the function",)),
    "response_class": (lambda: route("/", home, response_class=HTMLResponse), T, ("as in `-> HTMLResponse`",)),
    "Router(prefix)": (lambda: router_class(prefix="/api"), T, ("'prefix': write app.include(router, prefix)",)),
    "mimetype": (
        lambda: responded(lambda request: response_class("x", mimetype="text/csv")),
        T,
        ("'mimetype'", "Write media_type=..."),
    ),
    "status": (lambda: responded(lambda request: response_class("x", status=404)), T, ("Write status_code=...",)),
    "request.path": (lambda: responded(lambda request: request.path), A, ("Write request.url.path",)),
    "request.META": (lambda: responded(lambda request: request.META), A, ("Write request.headers",)),
    "websocket.recv": (lambda: connected(of_aiohttp), A, ("Write await websocket.receive_text()",)),
    # -- routes
    "a WebSocket in a Route": (lambda: Route("/", listen), T, (HERE, "write WebSocketRoute(path, listen)")),
    "a Request in a WebSocketRoute": (lambda: WebSocketRoute("/", home), T, (HERE, "write Route(path, home)")),
    "a class whose method is in upper case": (
        lambda: Route("/", Shouting),
        T,
        ("Shouting", "has no method that handles a request; write the name GET in lower case"),
    ),
    "a class without methods": (lambda: Route("/", Nothing), T, ("write `async def get(self, request):` in it",)),
    "a method of a class": (lambda: Route("/", Pages.show), T, (HERE, "without its instance: write TheClass().method")),
    "a router class that is mounted": (lambda: Mount("/x", app_class.router_class), T, ("write Router(...)",)),
    "a folder that is mounted": (lambda: Mount("/x", "static"), T, ("write StaticFiles(directory='static')",)),  # type: ignore[arg-type]
    "a folder in a route": (
        lambda: Route("/static", StaticFiles(directory=".")),
        T,
        ("write Mount('/static', StaticFiles(...))",),
    ),
    "a mount swapped": (lambda: app_class().mount(StaticFiles(directory="."), "/x"), T, ("write the path first",)),
    "a space in a parameter": (lambda: Route("/{id: int}", home), V, ("write {id:int}",)),
    "a router class that is included": (lambda: app_class().include(Router, "/x"), T, ("write Router(...)",)),
    "tags as a text": (lambda: app_class().include(Router(), "/x", tags="a"), T, ("such as ['a'], not a string",)),
    "url_for of a function": (
        lambda: responded(lambda request: request.url_for(home)),
        T,
        ("made from the name of a route, got <function home", "write 'home'"),
    ),
    "OpenAPI without ()": (lambda: app_class(openapi=OpenAPI), T, ("write openapi=OpenAPI()",)),
    # -- middleware and handlers
    "a function of a request as middleware": (
        lambda: app_class(middleware=[Middleware(timing)]),
        T,
        (HERE, "takes a request, not an application: write Middleware(DispatchMiddleware, dispatch=timing)"),
    ),
    "add_middleware of such a function": (
        lambda: app_class().add_middleware(timing),
        T,
        ("write Middleware(DispatchMiddleware, dispatch=timing)",),
    ),
    "a Middleware in a Middleware": (
        lambda: app_class().add_middleware(Middleware(Silent)),
        T,
        ("write Silent, ..., without Middleware()",),
    ),
    "a middleware class with dispatch alone": (
        lambda: app_class(middleware=[Middleware(Timing)]),
        T,
        ("Timing", "derive it from DispatchMiddleware"),
    ),
    "a middleware class without __call__": (
        lambda: app_class(middleware=[Middleware(Silent)]),
        T,
        ("Silent", "write its method: async def __call__(self, scope, receive, send)"),
    ),
    "dispatch without return": (lambda: dispatched(forgets_to_return), T, (HERE, "`return await call_next(request)`")),
    "dispatch without await": (lambda: dispatched(forgets_to_await), T, (HERE, "await it, as in `return await")),
    "dispatch that is not async": (lambda: dispatched(home), T, ("home", HERE, "write async def")),
    "a handler of the exception alone": (
        lambda: handled(one_argument),
        T,
        (HERE, "for LookupError is called with a request and the exception", "write def one_argument(request, exc)"),
    ),
    "a handler that returns data": (lambda: handled(data_as_response), T, (HERE, "such as JSONResponse({...}, 400)")),
    "a handler that only logs": (lambda: handled(only_logs), T, (HERE, "returned None; return a Response")),
    "handlers as a list": (lambda: app_class(exception_handlers=[home]), T, ("takes a dict", "{404: not_found}")),
    # -- responses
    "an exception that is returned": (lambda: responded(lambda request: HTTPException(404)), T, (HERE, "; raise it")),
    "a response that is raised": (
        lambda: responded(lambda request: raised(JSONResponse({}))),
        T,
        ("Return a response;",),
    ),
    "a redirect with 200": (lambda: RedirectResponse("/", 200), V, ("redirects nobody: give 302, 303, 307 or 308",)),
    "a coroutine as background": (
        lambda: responded(lambda request: background()),
        T,
        ("Give the function, not what it returns: leave out its ()",),
    ),
    "an event that is a dict": (lambda: EventSourceResponse({"a": 1}), T, ("wrap it in a list",)),
    "data in send_text": (lambda: connected(sends_data), T, ("send_text takes text, got dict; write send_json(...)",)),
    # -- generators
    "a lifespan with two yields": (
        lambda: served(lifespan=two_yields),
        R,
        ("In the lifespan, two_yields", HERE, "a second time"),
    ),
    "a dependency with two yields": (lambda: served(of_twice), R, ("twice", HERE, "yields a second time")),
    "a dependency without a yield": (lambda: served(of_never), R, ("never", HERE, "ended without a yield")),
    "a dependency that is a context manager": (
        lambda: Route("/", of_managed),
        T,
        ("of_managed", HERE, "leave @asynccontextmanager out"),
    ),
    "a function beside a type": (
        lambda: Route("/", of_function),
        T,
        ("write `number: Annotated[..., Depends(load)]`",),
    ),
    "Depends of a number": (lambda: Route("/", of_nothing), T, (HERE, "Depends() of 'number' names no function")),
    # -- sessions and users
    "a session value that is no JSON": (
        lambda: served(keeps_date, middleware=[Middleware(SessionMiddleware, KEY)]),
        T,
        ("session['visited'] is not JSON", "keep text, numbers, lists and dicts there", HERE),
    ),
    "users before sessions": (
        lambda: served(
            middleware=[
                Middleware(AuthenticationMiddleware, SessionBackend(load)),
                Middleware(SessionMiddleware, KEY),
            ]
        ),
        AssertionError,
        ("the SessionBackend of", HERE, "put Middleware(SessionMiddleware, ...) before it in the list"),
    ),
    "a backend that returns the user alone": (
        lambda: served(middleware=[Middleware(AuthenticationMiddleware, UserAlone())]),
        T,
        ("UserAlone.authenticate", HERE, "return (AuthCredentials([...]), user)"),
    ),
    "requires without ()": (lambda: requires(home), T, ("write @requires('authenticated') above home",)),  # type: ignore[arg-type]
    "is_authenticated()": (
        lambda: responded(
            lambda request: request.user.is_authenticated(),
            middleware=[
                Middleware(SessionMiddleware, KEY),
                Middleware(AuthenticationMiddleware, SessionBackend(load)),
            ],
        ),
        T,
        ("It is an attribute: leave out the ()",),
    ),
    # -- paths and mounts
    "a path of Django": (lambda: Route("stars/<int:id>/", home), V, ("write '/stars/{id:int}/'",)),
    "a regular expression as a path": (
        lambda: Route(r"^stars/(?P<id>\d+)/$", home),
        V,
        ("write '/stars/{id:int}/'",),
    ),
    "a star as a path": (lambda: Route("/files/*", home), V, ("'*'", "write '{path:path}'")),
    "a query in a path": (lambda: Route("/u?id={id}", home), V, ("ends before its '?'", "a parameter of the function")),
    "a mount of {path:path}": (
        lambda: Mount("/static/{path:path}", StaticFiles(directory=".")),
        V,
        ("takes every path below its own", "write Mount('/static', ...)"),
    ),
    "a name as the third argument of Mount": (
        lambda: mount_class("/static", StaticFiles(directory="."), "static"),
        T,
        ("one of the two; write name='static'",),
    ),
    "a folder that does not exist": (
        lambda: StaticFiles("no such folder"),
        R,
        ("'no such folder' does not exist", "looked for in", "Path(__file__).parent"),
    ),
    "a prefix before its router": (
        lambda: app_class().include("/api", Router()),
        T,
        ("prefix is a text such as '/api'", "write include(router, prefix)"),
    ),
    "url_for of a path": (lambda: responded(lambda request: request.url_for("/stars")), Exception, ("is a path",)),
    "url_for with a query": (
        lambda: served(lambda request: request.url_for("<lambda>", page=2)),
        Exception,
        ("takes no parameter. For a query write .include_query_params(page=...)",),
    ),
    "app.use": (lambda: app_class().use(home), A, ("write app.add_middleware(TheClass, ...)", "app.mount(path,")),
    "app.listen": (lambda: app_class().listen(3000), A, ("write `armillary run app:app`",)),
    "app.middleware": (
        lambda: app_class().middleware("http"),
        A,
        ("write app.add_middleware(DispatchMiddleware, dispatch=the_function)",),
    ),
    "a title as the application of OpenAPI": (
        lambda: openapi_class("Stars"),
        T,
        ("got 'Stars': write OpenAPI(title=..., version=...)",),
    ),
    "a version that is a number": (lambda: openapi_class(title="Stars", version=1), T, ("write version='1'",)),
    # -- middleware as elsewhere
    "middleware of Django": (
        lambda: served(middleware=[Middleware(of_django)]),
        T,
        ("of_django", HERE, "takes one argument and not scope", "write Middleware(DispatchMiddleware, dispatch=...)"),
    ),
    "middleware of Express": (
        lambda: app_class(middleware=[middleware(of_express)]),
        T,
        (HERE, "takes a request, not an application: write Middleware(DispatchMiddleware, dispatch=of_express)"),
    ),
    "call_next without the request": (
        lambda: dispatched(calls_without_request),
        T,
        ("Write await call_next(request)",),
    ),
    # -- responses as elsewhere
    "a cookie as a dict": (
        lambda: with_cookie({"a": "b"}),
        T,
        ("must be str, not dict; write set_cookie(name, value)",),
    ),
    "response.cookies": (
        lambda: responded(lambda request: response_class("x").cookies),
        A,
        ("Write response.set_cookie(name, value)",),
    ),
    "message": (
        lambda: responded(lambda request: raised(http_exception(404, message="x"))),
        T,
        ("'message'", "Write detail=..."),
    ),
    "a stream of a function": (
        lambda: responded(lambda request: StreamingResponse(twice)),  # type: ignore[arg-type]
        T,
        ("must be iterable, not function; call it",),
    ),
    "request.body without ()": (
        lambda: responded(lambda request: PlainTextResponse(request.body)),
        T,
        ("not method; call it, with (), and await it",),
    ),
    "an open file": (lambda: FileResponse(sys.stdin), T, ("takes the path of a file, not ",)),  # type: ignore[arg-type]
    "a plain function as background": (
        lambda: responded(lambda request: PlainTextResponse("x", background=lambda: None)),  # type: ignore[arg-type]
        T,
        ("Write background=BackgroundTask(function, ...)",),
    ),
    # -- parameters
    "a name in Header": (
        lambda: Header("User-Agent"),  # type: ignore[misc]
        T,
        ("for another name than the parameter's write Header(alias='User-Agent')",),
    ),
    "a dependency without a hash": (lambda: Route("/", of_instance), T, (HERE, "give its dataclass frozen=True")),
    # -- templates
    "values of a template as arguments": (
        lambda: shown("{{ star }}", star="Vega"),
        T,
        ("Write {'star': ...} as the third argument",),
    ),
    "a tag of Django": (lambda: shown("{% csrf_token %}", {}), Exception, ("write {{ csrf_field() }}",)),
    "files without a mount": (
        lambda: shown("{{ url_for('static', path='a.css') }}", {}),
        Exception,
        ("Mount(path, StaticFiles(...), name='static')",),
    ),
    # -- settings
    "a dict as the file": (lambda: config_class({"A": "1"}), T, ("write Config(environ={...})",)),
    "a default as the cast": (lambda: config_class()("A", "x"), T, ("not str; for a default write default=...",)),
    "a list as the cast": (
        lambda: config_class(environ={"A": "a,b"})("A", cast=list),
        T,
        ("makes letters of A; write cast=CommaSeparatedStrings",),
    ),
    "config.NAME": (lambda: config_class().NAME, A, ("write config('NAME')",)),
    # -- WebSockets
    "a WebSocket that returns": (
        lambda: connected(returns_data),
        T,
        (HERE, "returned {'a': 1} for a WebSocket, which nobody gets"),
    ),
    "a message before accept": (lambda: connected(sends_first), R, ("Write await websocket.accept() before",)),
    "accept twice": (lambda: connected(accepts_twice), R, ("Leave out the second accept()",)),
    "a dict in send": (lambda: connected(sends_no_message), T, ("got {'a': 1}; write send_text, send_bytes or",)),
    # -- tests and sessions
    "a base_url without a scheme": (
        lambda: TestClient(app_class(), base_url="localhost:8000"),
        V,
        ("write 'http://localhost:8000'",),
    ),
    "session.user": (
        lambda: responded(lambda request: request.session.user, middleware=[Middleware(SessionMiddleware, KEY)]),
        A,
        ("Write session['user']: a session is a dict",),
    ),
    "secret": (
        lambda: app_class(middleware=[middleware(SessionMiddleware, secret=KEY)]),
        T,
        ("Middleware(SessionMiddleware, secret=...)", "beside the application it takes secret_key"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_newcomers_mistake_raises_a_message_with_its_fix(mistake: str) -> None:
    check_message(MISTAKES[mistake], UNAWAITED)


def test_a_name_that_is_not_there_is_no_attribute_either() -> None:
    assert not hasattr(sys.modules["armillary.web"], "FastAPI")


def test_a_key_that_is_given_under_another_name_is_not_in_the_message() -> None:
    with pytest.raises(TypeError) as caught:
        app_class(middleware=[middleware(SessionMiddleware, secret=KEY)])
    assert KEY not in str(caught.value)


def test_the_table_has_ninety_rows_at_least() -> None:
    assert len(MISTAKES) >= 90
