"""What people write in their first week, and what they are told: sessions, templates, streams, settings, tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import jinja2
import pytest
from testkit import Mistake, check_message

from armillary.web import (
    Armillary,
    BackgroundTask,
    BackgroundTasks,
    Config,
    Cookie,
    CORSMiddleware,
    CSRFMiddleware,
    Depends,
    DispatchMiddleware,
    EventSourceResponse,
    FileResponse,
    HTTPException,
    Jinja2Templates,
    Middleware,
    Mount,
    PlainTextResponse,
    Query,
    RedirectResponse,
    Request,
    Response,
    Route,
    Router,
    Secret,
    SessionMiddleware,
    StaticFiles,
    StreamingResponse,
    TestClient,
    TrustedHostMiddleware,
    WebSocket,
    WebSocketRoute,
)

HERE = "test_mistakes_of_the_first_week.py line "
KEY = "".join(map(chr, range(65, 105)))
SESSIONS = Middleware(SessionMiddleware, KEY)

# What is wrong for type checkers too is the point of this file.
Untyped = Any
app_class: Untyped = Armillary
route: Untyped = Route
mount: Untyped = Mount
config_class: Untyped = Config
middleware: Untyped = Middleware
background_task: Untyped = BackgroundTask
static_files: Untyped = StaticFiles
UNAWAITED: list[Any] = []


def home(request: Request) -> Response:
    return PlainTextResponse("home")


def served(endpoint: Any = home, *, path: str = "/", url: str = "/", method: str = "GET", **arguments: Any) -> Any:
    """Request an application of one endpoint."""
    files = {"upload": b"x"} if method == "POST" else None
    with TestClient(app_class(routes=[Route(path, endpoint, methods=[method])], **arguments)) as client:
        return client.request(method, url, files=files)


def responded(respond: Callable[[Any], Any], *inside: Middleware, **arguments: Any) -> Any:
    """Request an application whose endpoint returns what a function makes of the request."""

    async def endpoint(request: Any) -> Any:
        made = respond(request)
        return made if isinstance(made, Response) else PlainTextResponse(str(made))

    return served(endpoint, middleware=list(inside), **arguments)


def inside(cls: Any, *args: Any, **kwargs: Any) -> Any:
    return served(middleware=[middleware(cls, *args, **kwargs)])


def with_session(use: Callable[[Any], Any]) -> Any:
    return responded(lambda request: use(request.session), SESSIONS)


def keeping(value: Any) -> Any:
    return with_session(lambda session: session.update(kept=value))


def set_to(name: str, value: Any) -> Any:
    return responded(lambda request: setattr(request, name, value))


def shown(text: str, *arguments: Any, routes: Any = ()) -> Any:
    """Respond with a template of this text, given these arguments after its name."""
    loader = jinja2.DictLoader({"page.html": text})
    templates: Any = Jinja2Templates(env=jinja2.Environment(loader=loader, autoescape=True))

    def page(request: Request) -> Any:
        return templates.TemplateResponse(request, "page.html", *arguments)

    with TestClient(app_class(routes=[*routes, Route("/", page)], middleware=[Middleware(CSRFMiddleware)])) as client:
        return client.get("/")


def connected(endpoint: Any, **arguments: Any) -> None:
    with TestClient(app_class(routes=[WebSocketRoute("/", endpoint)], **arguments)) as client:
        with client.websocket_connect("/") as websocket:
            websocket.receive_text()


def accepted(use: Callable[[Any], Any], **arguments: Any) -> None:
    """Use a WebSocket that was accepted."""

    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        await use(websocket)

    connected(endpoint, **arguments)


def dispatched(dispatch: Any) -> Any:
    return inside(DispatchMiddleware, dispatch=dispatch)


def unawaited(made: Any) -> Any:
    """Return what is never awaited; the test closes it."""
    UNAWAITED.append(made)
    return made


async def numbers() -> AsyncIterator[int]:
    yield 1


async def one() -> int:
    return 1


async def of_data() -> AsyncIterator[Any]:
    yield {"a": 1}


async def forgets_to_read(request: Any) -> Response:
    form = await request.form()
    return PlainTextResponse(unawaited(form["upload"].read()))


def starts_a_task(request: Any) -> Response:
    asyncio.create_task(unawaited(one()))  # noqa: RUF006
    return home(request)


async def runs_a_loop(request: Any) -> Response:
    return PlainTextResponse(str(asyncio.run(unawaited(one()))))


async def reads_the_body(request: Any, call_next: Any) -> Response:
    response = await call_next(request)
    return PlainTextResponse(response.body)


async def clears(request: Any) -> Response:
    await request.session.clear()
    return home(request)


async def changes_the_session(websocket: Any) -> None:
    websocket.session["a"] = 1


async def returns_a_status() -> dict[str, int]:
    return {"a": 1}, 201  # type: ignore[return-value]


class Star:
    def __init__(self, name: str) -> None:
        self.name = name


async def of_class(star: Star) -> None: ...


async def of_name(number: Annotated[int, Depends("get_number")]) -> None: ...  # type: ignore[arg-type]


async def of_text(text: Annotated[str, Query(ge=1)]) -> None: ...


async def of_number(number: Annotated[int, Query(min_length=1)]) -> None: ...


async def with_default(number: int = 1) -> None: ...


async def without_type(request: Request, number) -> None: ...  # type: ignore[no-untyped-def]


def first(number: Annotated[int, Depends(lambda: second)]) -> int:
    return number


second = first


@contextmanager
def sync_lifespan(app: Any) -> Any:
    yield


@asynccontextmanager
async def text_lifespan(app: Any) -> AsyncIterator[str]:
    yield "database"


def make_app() -> Armillary:
    return Armillary()


@dataclass
class Unsaved:
    name: str


T, V, R, A = TypeError, ValueError, RuntimeError, AttributeError
MISTAKES: dict[str, Mistake] = {
    # -- sessions
    "session.flush": (lambda: with_session(lambda session: session.flush()), A, ("Write session.destroy()",)),
    "session.cycle_key": (lambda: with_session(lambda session: session.cycle_key()), A, ("session.rotate()",)),
    "request.session = {}": (
        lambda: set_to("session", {}),
        A,
        ("Write session.clear() and session.update(...)",),
    ),
    "request.user = user": (lambda: set_to("user", "ada"), A, ("Write request.state.user = ...",)),
    "an object in a session": (lambda: keeping(Star("Vega")), T, ("session['kept'] is not JSON", "or an id")),
    "a set in a session": (lambda: keeping({1, 2}), T, ("session['kept'] is not JSON",)),
    "too much in a session": (
        lambda: keeping("x" * 5000),
        Exception,
        ("browsers drop cookies over 4096", "use ServerSessionMiddleware"),
    ),
    "session.clear() that is awaited": (
        lambda: served(clears, middleware=[SESSIONS]),
        T,
        ("Leave out await: what is called is not async",),
    ),
    "a session that a WebSocket changes": (
        lambda: accepted(changes_the_session, middleware=[SESSIONS]),
        R,
        ("change it before the accept, or use ServerSessionMiddleware",),
    ),
    "no key": (lambda: inside(SessionMiddleware, None), T, ("secret_key is text or a list of texts", HERE)),
    "a time that is no number": (
        lambda: inside(SessionMiddleware, KEY, max_age=timedelta(days=1)),
        T,
        ("max_age is a whole number of seconds", HERE),
    ),
    # -- middleware
    "a tuple as middleware": (
        lambda: app_class(middleware=[(SessionMiddleware, {"secret_key": KEY})]),
        T,
        ("got (SessionMiddleware, ...); write Middleware(SessionMiddleware, name=value)",),
    ),
    "the body of what call_next returns": (
        lambda: dispatched(reads_the_body),
        A,
        ("Write response.body_iterator: it streams what the endpoint sends",),
    ),
    "origins": (lambda: inside(CORSMiddleware, origins=["https://a.org"]), T, ("it takes allow_origins",)),
    "an origin with a slash": (
        lambda: inside(CORSMiddleware, allow_origins=["https://a.org/"]),
        V,
        ("write scheme, host and port alone", HERE),
    ),
    "a method in lower case": (
        lambda: inside(CORSMiddleware, allow_origins=["https://a.org"], allow_methods=["put"]),
        V,
        ("allow_methods: browsers ask for 'PUT' and never for 'put'", HERE),
    ),
    "a host with a port": (
        lambda: inside(TrustedHostMiddleware, ["localhost:8000"]),
        V,
        ("give it without scheme, port and path", HERE),
    ),
    # -- templates
    "csrf_token without ()": (
        lambda: shown("<form>{{ csrf_token }}</form>", {}),
        T,
        ("csrf_token is a function: write {{ csrf_token() }}",),
    ),
    "csrf_field without ()": (lambda: shown("{{ csrf_field }}", {}), T, ("write {{ csrf_field() }}",)),
    "a type of the body as headers": (
        lambda: shown("", {}, 404, "text/html"),
        T,
        ("headers takes a mapping, not a str: write a dict; the type of a body is media_type=...",),
    ),
    "the filename of a static file": (
        lambda: shown(
            "{{ url_for('static', filename='a.css') }}",
            {},
            routes=[Mount("/static", StaticFiles(Path(__file__).parent), name="static")],
        ),
        Exception,
        ('and params "filename"', "That route takes path."),
    ),
    "a file as the folder": (lambda: Jinja2Templates(__file__), V, ("there is no folder", "Path(__file__).parent")),
    # -- requests and responses
    "a mapping that is called": (
        lambda: responded(lambda request: request.query_params("page")),
        T,
        ("Write [...] or .get(...): it is a mapping",),
    ),
    "path_params.number": (
        lambda: responded(lambda request: request.path_params.number),
        A,
        ("Write ['number']: it is a dict",),
    ),
    "an upload that is not awaited": (lambda: served(forgets_to_read, method="POST"), T, ("not coroutine; await it",)),
    "headers.add": (lambda: responded(lambda _: PlainTextResponse("").headers.add("a", "b")), A, ("headers.append(",)),  # type: ignore[attr-defined]
    "response[name] = value": (
        lambda: responded(lambda _: PlainTextResponse("").__setitem__("a", "b")),  # type: ignore[attr-defined]
        A,
        ("__setitem__",),
    ),
    "a redirect to a function": (
        lambda: responded(lambda request: RedirectResponse(request.url_for)),
        T,
        ("give RedirectResponse what it returns",),
    ),
    "a redirect with the status first": (
        lambda: RedirectResponse(303, "/"),  # type: ignore[arg-type]
        T,
        ("RedirectResponse takes it as its second argument",),
    ),
    "a file as an attachment": (
        lambda: responded(lambda _: FileResponse(__file__, as_attachment=True)),  # type: ignore[call-arg]
        T,
        ("Write filename='...', which makes it a download",),
    ),
    "the bytes of a file": (lambda: FileResponse(b"x"), T, ("write Response(...) for bytes",)),  # type: ignore[arg-type]
    "a cookie for a timedelta": (
        lambda: PlainTextResponse("").set_cookie("a", "b", max_age=timedelta(days=1)),  # type: ignore[arg-type]
        V,
        ("must be a whole number of seconds",),
    ),
    # -- streams
    "a stream of what does not yield": (
        lambda: responded(lambda _: StreamingResponse(unawaited(one()))),
        T,
        ("not coroutine; a function that yields is called without await",),
    ),
    "events of a function": (lambda: EventSourceResponse(numbers), T, ("must be iterable, not function; call it",)),
    "a stream of data": (
        lambda: responded(lambda _: StreamingResponse(of_data())),
        T,
        ("not dict; use JSONResponse for data",),
    ),
    # -- WebSockets
    "websocket.emit": (lambda: accepted(lambda websocket: websocket.emit("x")), A, ("websocket.send_json(data)",)),
    "websocket.on": (
        lambda: accepted(lambda websocket: websocket.on("message", print)),
        A,
        ("Write async for message in websocket:",),
    ),
    "text in send_bytes": (
        lambda: accepted(lambda websocket: websocket.send_bytes("x")),
        T,
        ("send_bytes takes bytes, got str; write send_text(...)",),
    ),
    "a reason as the code": (
        lambda: accepted(lambda websocket: websocket.close("bye")),
        T,
        ("a close code is a number such as 1000 or 4001, got 'bye'",),
    ),
    "a status as the code": (
        lambda: accepted(lambda websocket: websocket.close(404)),
        V,
        ("close code 404 may not be sent", "3000 to 4999 for your own"),
    ),
    "a function that is not async": (
        lambda: WebSocketRoute("/", lambda websocket: None),
        T,
        (HERE, "declare it with `async def`"),
    ),
    "methods of a WebSocket": (
        lambda: app_class().websocket(home),
        T,
        ("write the path in the decorator of home", '@app.websocket("/")'),
    ),
    # -- background and event loops
    "work that is called": (lambda: background_task(None), T, ("needs a function, got None; pass its arguments",)),
    "a list of work": (
        lambda: responded(lambda _: PlainTextResponse("", background=[BackgroundTask(print)])),  # type: ignore[arg-type]
        T,
        ("Write background=BackgroundTasks([...])", HERE),
    ),
    "work that is called in add_task": (lambda: BackgroundTasks().add_task(None), T, ("needs a function",)),  # type: ignore[arg-type]
    "create_task in a thread": (lambda: served(starts_a_task), R, ("Write async def",)),
    "asyncio.run in an endpoint": (lambda: served(runs_a_loop), R, ("Write await in place of asyncio.run()",)),
    # -- typed endpoints
    "a class that nothing reads": (lambda: route("/", of_class), T, (HERE, "write Annotated[..., Depends(function)]")),
    "a dependency by its name": (lambda: route("/", of_name), T, (HERE, "takes a function, got 'get_number'")),
    "a bound of a text": (lambda: route("/", of_text), T, (HERE, "ge=1 cannot be checked of str")),
    "a length of a number": (lambda: route("/", of_number), T, (HERE, "min_length=1 cannot be checked of int")),
    "a default of the path": (lambda: route("/{number}", with_default), T, (HERE, "default is never used: remove it")),
    "a path parameter without type": (
        lambda: route("/{number}", without_type),
        T,
        (HERE, "annotate it, such as `number: str`"),
    ),
    "a cookie's name": (lambda: Cookie("sid"), T, ("write Cookie(alias='sid')",)),  # type: ignore[misc]
    "a tuple that is declared as data": (lambda: served(returns_a_status), T, (HERE, "tuple is not of the declared")),
    "status of a route": (lambda: route("/", home, status=201), T, ("did you mean 'status_code'?",)),
    # -- include, mounts, lifespans
    "a router by its name": (lambda: app_class().include("stars.router"), T, ("import it, and give the router",)),
    "a function that makes an application": (
        lambda: mount("/api", make_app),
        T,
        (HERE, "or make_app() if it makes an application"),
    ),
    "a prefix that ends with a slash": (
        lambda: app_class().include(Router(), "/api/"),
        V,
        ("and not end with one, got '/api/'",),
    ),
    "a lifespan that is not async": (
        lambda: served(lifespan=sync_lifespan),
        T,
        (HERE, "is no async context manager", "@contextlib.asynccontextmanager"),
    ),
    "a lifespan that yields a text": (
        lambda: served(lifespan=text_lifespan),
        T,
        ("a lifespan yields nothing or a mapping, got 'database'",),
    ),
    # -- settings and tests
    "app.config": (lambda: app_class().config, A, ("write Config('.env')",)),
    "config[name]": (lambda: config_class(environ={})["A"], T, ("write config('A')",)),
    "a dict as the cast": (
        lambda: Config(environ={"A": "{}"})("A", cast=dict),
        T,
        ("write cast=json.loads for JSON",),
    ),
    "a secret in a text": (
        lambda: responded(lambda _: "key: " + Secret("x")),  # type: ignore[operator]
        T,
        ("Write str(secret) where its text is needed",),
    ),
    "a test of the function that makes it": (lambda: TestClient(make_app), T, ("write make_app() for what",)),  # type: ignore[arg-type]
    "packages as a text": (lambda: static_files(packages="jinja2"), T, ("must be a list of packages",)),
    "an error without its status": (
        lambda: responded(lambda _: HTTPException(status=404)),  # type: ignore[call-arg]
        T,
        ("Write status_code=...",),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_first_week_raises_a_message_with_its_fix(mistake: str) -> None:
    check_message(MISTAKES[mistake], UNAWAITED)


def test_a_key_in_a_tuple_of_middleware_is_not_in_the_message() -> None:
    with pytest.raises(TypeError) as caught:
        app_class(middleware=[(SessionMiddleware, {"secret_key": KEY})])
    assert KEY not in str(caught.value)


def test_an_error_that_its_response_repeats_is_reported_once() -> None:
    with pytest.raises(ValueError, match="browsers drop") as caught:
        keeping("x" * 5000)
    assert not [note for note in caught.value.__notes__ if "While this exception was being handled" in note]


def test_the_table_has_sixty_rows_at_least() -> None:
    assert len(MISTAKES) >= 60
