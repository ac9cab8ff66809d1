"""What people write in their first hour who know Django, Flask, FastAPI or Starlette, and what they are told."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from testkit import Mistake, check_message

from armillary.web import (
    Armillary,
    AuthenticationBackend,
    AuthenticationMiddleware,
    Depends,
    DispatchMiddleware,
    EventSourceResponse,
    HTMLResponse,
    HTTPEndpoint,
    HTTPException,
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
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_newcomers_mistake_raises_a_message_with_its_fix(mistake: str) -> None:
    check_message(MISTAKES[mistake], UNAWAITED)


def test_a_name_that_is_not_there_is_no_attribute_either() -> None:
    assert not hasattr(sys.modules["armillary.web"], "FastAPI")


def test_the_table_has_fifty_rows_at_least() -> None:
    assert len(MISTAKES) >= 50
