"""Mistakes that people make, and what they get: what was wrong, where, and what to write.

Each row is a mistake, the exception it raises at once or at the first request, and parts of its message.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import jinja2
import pytest
from testkit import Mistake, check_message

import armillary.web
from armillary.applications import Armillary
from armillary.asgi_types import HTTPException, Middleware
from armillary.authentication import requires
from armillary.binding import Depends, Form, Path as FromPath, Query
from armillary.config import Config
from armillary.cors import CORSMiddleware
from armillary.http import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from armillary.routing import Host, Mount, Route, Router, WebSocketRoute
from armillary.security import ProxyHeadersMiddleware, TrustedHostMiddleware
from armillary.sessions import ServerSessionMiddleware, SessionMiddleware
from armillary.staticfiles import StaticFiles
from armillary.templating import Jinja2Templates
from armillary.testing import TestClient, WebSocketClosed

# Arguments of the wrong type are the point of this file.
Untyped = Any
app_class: Untyped = Armillary
route: Untyped = Route
mount: Untyped = Mount
query: Untyped = Query
json_response: Untyped = JSONResponse


class Greeter:
    def __call__(self, name: str) -> dict[str, str]:
        return {"name": name}


class Timing:
    """A middleware with one option."""

    def __init__(self, app: Any, header: str = "x-time") -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


async def home(request: Any) -> JSONResponse:
    return JSONResponse({})


async def one() -> int:
    return 1


FORGOTTEN: list[Any] = []


def kept(made: Any) -> Any:
    """Return what is never awaited; the test closes it."""
    FORGOTTEN.append(made)
    return made


def forgotten(request: Any) -> Any:
    """Return what an endpoint returns that forgets await; the test closes it."""
    FORGOTTEN.append(one())
    return FORGOTTEN[-1]


def generator(request: Any) -> Any:
    yield "a"


async def async_generator(app: Any) -> AsyncIterator[None]:
    yield


async def no_yield(app: Any) -> None: ...


async def send_first(websocket: Any) -> None:
    await websocket.send_text("hello")


async def list_as_reason(websocket: Any) -> None:
    await websocket.accept()
    await websocket.close(reason=["a"])


def request(app: Any, path: str = "/") -> Any:
    with TestClient(app) as client:
        return client.get(path)


def returning(value: Any) -> Any:
    """Request an application whose endpoint returns a value, or what a function makes."""

    async def endpoint(request: Any) -> Any:
        return value(request) if callable(value) and not isinstance(value, type) else value

    return request(Armillary(routes=[Route("/{number:int}", endpoint, name="star")]), "/7")


def plainly(value: Any) -> Any:
    """Request an application whose endpoint is a plain function."""

    def endpoint(request: Any) -> Any:
        return value(request) if callable(value) else value

    return request(Armillary(routes=[Route("/", endpoint)]))


def request_of(endpoint: Any) -> Any:
    return request(Armillary(routes=[Route("/", endpoint)]))


async def body_and_form(star: dict[str, int], name: Annotated[str, Form()]) -> None: ...


async def untyped(star) -> None: ...  # type: ignore[no-untyped-def]


async def misspelt(nummer: int) -> None: ...


def run_twice() -> Any:
    """Start an application and the one it mounts, with the lifespan of something that can be started once."""
    started: list[Any] = []

    @asynccontextmanager
    async def once(app: Any) -> AsyncIterator[None]:
        if started:
            raise RuntimeError("This can be started once")
        started.append(app)
        yield

    return request(Armillary(routes=[Mount("/mcp", Armillary(lifespan=once))], lifespan=once))


def call_macro() -> Any:
    """Request a page whose macro needs the request, and is imported without it."""
    pages = {
        "macros.html": "{% macro link() %}{{ url_for('page') }}{% endmacro %}",
        "page.html": "{% from 'macros.html' import link %}{{ link() }}",
    }
    templates = Jinja2Templates(env=jinja2.Environment(loader=jinja2.DictLoader(pages), autoescape=True))

    async def page(request: Any) -> Any:
        return templates.TemplateResponse(request, "page.html", {})

    return request(Armillary(routes=[Route("/", page)]))


def open_websocket(app: Any) -> None:
    with TestClient(app) as client, client.websocket_connect("/"):
        pass


def connect(endpoint: Any) -> None:
    with TestClient(Armillary(routes=[WebSocketRoute("/", endpoint)])) as client:
        with client.websocket_connect("/") as websocket:
            websocket.receive_text()


def around(cls: Any, *args: Any, **kwargs: Any) -> Any:
    return request(Armillary(middleware=[Middleware(cls, *args, **kwargs)]))


@asynccontextmanager
async def good_lifespan(app: Any) -> AsyncIterator[None]:
    yield


async def text_as_subscript(request: Any) -> Any:
    return JSONResponse(request.json["name"])


async def forgotten_json(request: Any) -> Any:
    return JSONResponse(kept(request.json())["name"])


async def awaits_what_is_not_async(request: Any) -> Any:
    return JSONResponse(await str(request.url))  # type: ignore[misc]


async def status_in_a_tuple():  # type: ignore[no-untyped-def]
    return {"a": 1}, 404


async def bare_list(tags: [str]) -> None: ...  # type: ignore[valid-type]


async def value_as_hint(limit: 3) -> None: ...  # type: ignore[valid-type]


async def unknown_hint(star: "Starr") -> None: ...  # type: ignore[name-defined] # noqa: F821, UP037


async def called_dependency(number: Annotated[int, Depends(1)]) -> None: ...  # type: ignore[arg-type]


async def default_dependency(number: Any = Depends(one)) -> None: ...  # noqa: B008


async def default_query(limit: Any = Query(ge=1)) -> None: ...  # noqa: B008


async def number_from_nowhere(number: Annotated[int, FromPath()]) -> None: ...


async def other_than_declared() -> list[int]:
    return ["a"]  # type: ignore[list-item]


def rendering(name: str, context: Any) -> Any:
    templates = Jinja2Templates(env=jinja2.Environment(loader=jinja2.DictLoader({"a.html": ""}), autoescape=True))
    return plainly(lambda request: templates.TemplateResponse(request, name, context))


def called_with_a_scope() -> Any:
    return request(app_class)


T, V, R = TypeError, ValueError, RuntimeError
ANY: Any = Armillary()
MISTAKES: dict[str, Mistake] = {
    # -- what an endpoint returns
    "an endpoint without return": (lambda: returning(None), T, ("endpoint", "returned None; return a Response")),
    "a text": (lambda: returning("x"), T, ("returned 'x'; return a Response",)),
    "a tuple with a status": (lambda: returning(({"a": 1}, 201)), T, ("returned ({'a': 1}, 201)",)),
    "a forgotten await": (lambda: returning(forgotten), T, ("returned a coroutine", "or await what it calls")),
    "a response class": (lambda: returning(JSONResponse), T, ("returned <class", "JSONResponse")),
    "a generator endpoint": (
        lambda: request(Armillary(routes=[Route("/", generator)])),
        T,
        ("The endpoint generator",),
    ),
    "a plain function without return": (lambda: plainly(None), T, ("returned None", "or declare `-> None`")),
    "a plain function that returns a text": (lambda: plainly("x"), T, ("returned 'x'", "or declare `-> str`")),
    "a plain function that forgets await": (lambda: plainly(forgotten), T, ("returned a coroutine",)),
    # -- what an endpoint takes
    "a body that is data and a form": (
        lambda: Armillary(routes=[Route("/", body_and_form, methods=["POST"])]),
        T,
        ("body_and_form (", "the body cannot be all of 'star', 'name'"),
    ),
    "a parameter without a type": (
        lambda: Armillary(routes=[Route("/", untyped)]),
        T,
        ("untyped (", "nothing fills its parameter 'star': annotate it with its type"),
    ),
    "a parameter that the path names otherwise": (
        lambda: Armillary(routes=[Route("/{number:int}", misspelt)]),
        T,
        ("misspelt (", "nothing takes the path parameter 'number'"),
    ),
    # -- middleware
    "middleware as an instance": (
        lambda: app_class(middleware=[Timing(home)]),
        T,
        ("middleware takes Middleware(cls, ...)", "not an instance: write Middleware(Timing, ...)"),
    ),
    "middleware as a bare class": (lambda: app_class(middleware=[Timing]), T, ("write Middleware(Timing)",)),
    "middleware that is no list": (
        lambda: app_class(middleware=Middleware(Timing)),
        T,
        ("middleware takes a list", "write [Middleware(Timing)]"),
    ),
    "middleware that is a text": (lambda: app_class(middleware=["gzip"]), T, ("'gzip'", "write Middleware(TheClass")),
    "a parameter that middleware does not have": (
        lambda: Armillary(middleware=[Middleware(Timing, heder="x")]),
        T,
        ("Middleware(Timing, heder=...): got an unexpected", "beside the application it takes header"),
    ),
    "middleware added late": (
        lambda: (lambda app: (request(app), app.add_middleware(Timing)))(Armillary()),
        R,
        ("Cannot add middleware after an application has started",),
    ),
    # -- paths
    "a path of Flask": (lambda: Route("/u/<int:id>", home), V, ("parameter of another framework; write '{id:int}'",)),
    "a path of Express": (lambda: Route("/u/:id", home), V, ("parameter of another framework; write '{id}'",)),
    "a path without a slash": (lambda: Route("users", home), V, ("path must start with '/'", "write '/users'")),
    "an open brace": (lambda: Route("/u/{id", home), V, ("character 3", "write {name} or {name:convertor}")),
    "an unknown convertor": (lambda: Route("/{id:integer}", home), V, ("'integer'", "registered are date, float, int")),
    "a parameter twice": (lambda: Route("/{id}/{id}", home), V, ("Duplicated param name id at path /{id}/{id}",)),
    "a host with a path": (lambda: Host("/x", home), V, ("host must be a host name", "use Mount for a path")),
    # -- routes
    "a function in routes": (lambda: app_class(routes=[home]), T, ("<function home", "write Route(path, endpoint)")),
    "a tuple in routes": (lambda: app_class(routes=[("/", home)]), T, ("write Route(path, endpoint)",)),
    "a route for a list": (lambda: app_class(routes=Route("/", home)), T, ("routes takes a list", "write [Route(")),
    "routes as the first argument": (
        lambda: app_class([Route("/", home)]),
        T,
        ("debug, the first argument, is True or False", "write Armillary(routes=[...])"),
    ),
    "debug as a text": (lambda: app_class(debug="false"), T, ("got 'false'; write True or False",)),
    "a function that is mounted": (
        lambda: mount("/x", home),
        T,
        ("home (", "test_mistakes.py line ", "is a function of a request: write Route(path, home)"),
    ),
    "a list that is mounted": (lambda: mount("/x", [Route("/", home)]), T, ("write routes=[...]",)),
    "a mount of nothing": (lambda: Mount("/x"), T, ("either app=... or routes=[...], one of the two",)),
    "a response as endpoint": (
        lambda: route("/", JSONResponse({})),
        T,
        ("endpoint is one JSONResponse, which would be sent to all", "return JSONResponse(...)"),
    ),
    "an object that is called as a function": (
        lambda: route("/{name}", Greeter()),
        T,
        ("endpoint is a Greeter, whose __call__ does not take scope, receive and send", "write Greeter(...).__call__"),
    ),
    "such an object that is mounted": (
        lambda: mount("/x", Greeter()),
        T,
        ("app is a Greeter, whose __call__ does not take scope, receive and send",),
    ),
    "a class as endpoint": (
        lambda: route("/", Timing),
        T,
        ("endpoint is the class Timing, whose instances handle no request", "derive it from HTTPEndpoint"),
    ),
    "a decorator that is not called": (
        lambda: app_class().get(home),
        T,
        ("path is a text such as '/'", "write the path in the decorator of home", '@app.get("/")'),
    ),
    "a dependency that is no list": (
        lambda: app_class(dependencies=home),
        T,
        ("dependencies takes a list, got ", "write dependencies=[...]"),
    ),
    "a default inside of Query": (
        lambda: query(20),
        T,
        ("Query takes keyword arguments only: write `Annotated[..., Query()] = 20`",),
    ),
    "a WebSocket to an HTTP route": (
        lambda: open_websocket(Armillary(routes=[Route("/", home)])),
        WebSocketClosed,
        ("rejected with status 404", "no WebSocketRoute matches the path '/'"),
    ),
    "an endpoint that is None": (lambda: route("/", None), T, ("endpoint takes a function or an ASGI application",)),
    "an endpoint by its name": (lambda: route("/", "home"), T, ("got 'home'",)),
    "methods as a text": (lambda: Route("/", home, methods="GET"), T, ("methods takes a list", "['GET']")),
    "no method": (lambda: Route("/", home, methods=[]), V, ("name some, or leave the argument out",)),
    "a method that is none": (lambda: Route("/", home, methods=["GET /"]), V, ("'GET /' is not the name of a method",)),
    # -- URLs
    "url_for of an unknown name": (
        lambda: returning(lambda request: PlainTextResponse(str(request.url_for("satr", number=1)))),
        Exception,
        ('No route exists for name "satr"', 'Did you mean "star"?'),
    ),
    "url_for with a wrong parameter": (
        lambda: returning(lambda request: PlainTextResponse(str(request.url_for("star", id=1)))),
        Exception,
        ('name "star" and params "id"', "That route takes number."),
    ),
    # -- exceptions and responses
    "a status as a text": (lambda: json_response({}, status_code="200"), T, ("must be an int such as 404, not str",)),
    "the status first": (lambda: json_response(404, {"a": 1}), T, ("JSONResponse takes it as its second argument",)),
    "the detail first": (lambda: HTTPException("gone"), T, ("takes the status first, then the detail",)),  # type: ignore[arg-type]
    "data as a page": (lambda: HTMLResponse({"a": 1}), T, ("not dict; use JSONResponse for data",)),
    "a number as text": (lambda: PlainTextResponse(3), T, ("not int; use JSONResponse for data",)),
    "a header that is a number": (lambda: json_response({}, headers={"a": 1}), T, ("header 'a' must be str, not int",)),
    "a header with a line break": (
        lambda: JSONResponse({}, headers={"a": "b\nc"}),
        V,
        ("a control character",),
    ),
    "a redirect to None": (lambda: RedirectResponse(None), T, ("url is None", "request.url_for(name)")),
    "a cookie with a space": (lambda: JSONResponse({}).set_cookie("a b"), V, ("cookie name 'a b' is not a token",)),
    "a file that is missing": (
        lambda: returning(lambda _: FileResponse("none.txt")),
        R,
        ("File at path none.txt does not exist",),
    ),
    "the handler of a text": (
        lambda: app_class(exception_handlers={"404": home}),
        T,
        ("a key is a status code or an exception class, got '404'",),
    ),
    "a handler that is none": (
        lambda: app_class(exception_handlers={404: 3}),
        T,
        ("404 must be a function",),
    ),
    # -- lifespans
    "a lifespan that is a plain function": (
        lambda: request(app_class(lifespan=lambda app: None)),
        T,
        (
            "the lifespan <lambda>.<locals>.<lambda> (",
            "returned None",
            "decorate it with @contextlib.asynccontextmanager",
        ),
    ),
    "a lifespan without yield": (lambda: app_class(lifespan=no_yield), T, ("lifespan no_yield (", "has no yield")),
    "a lifespan that is not decorated": (
        lambda: app_class(lifespan=async_generator),
        T,
        ("lifespan async_generator (", "is a generator function; decorate it with @contextlib.asynccontextmanager"),
    ),
    "a lifespan that the application above runs already": (
        lambda: run_twice(),
        R,
        ("once", "in the lifespan of the application mounted at '/mcp'", "write Mount('/mcp', ..., lifespan=False)"),
    ),
    # -- templates and files
    "a macro that is imported without the request": (
        lambda: call_macro(),
        R,
        ("a macro of 'macros.html'", 'import it with the context: {% from "macros.html" import link with context %}'),
    ),
    "a template folder that is missing": (
        lambda: Jinja2Templates("no-such-folder"),
        V,
        (f"there is no folder {str(Path('no-such-folder').resolve())!r}", "Path(__file__).parent / 'no-such-folder'"),
    ),
    "TemplateResponse with the name first": (
        lambda: Jinja2Templates(Path(__file__).parent).TemplateResponse("x.html", {"request": 1}),  # type: ignore[arg-type]
        T,
        ("takes the request first", "write TemplateResponse(request, 'x.html', {...})"),
    ),
    "a folder of static files that is missing": (
        lambda: StaticFiles(directory="no-such-folder"),
        R,
        ("StaticFiles directory 'no-such-folder' does not exist",),
    ),
    # -- sessions, users and security
    "a session without middleware": (
        lambda: returning(lambda request: JSONResponse(dict(request.session))),
        AssertionError,
        ("SessionMiddleware must be installed to access request.session",),
    ),
    "a user without middleware": (
        lambda: returning(lambda request: request.user),
        AssertionError,
        ("AuthenticationMiddleware must be installed to access request.user",),
    ),
    "a short secret key": (
        lambda: around(SessionMiddleware, "short"),
        V,
        ("5 characters", "token_urlsafe(32)"),
    ),
    "a store that is a class": (
        lambda: around(ServerSessionMiddleware, dict),
        T,
        ("store has the methods load, save and delete, as MemoryStore() has",),
    ),
    "all origins with cookies": (
        lambda: around(CORSMiddleware, allow_origins=["*"], allow_credentials=True),
        V,
        ("lets every site act as the user who is logged in; name the origins",),
    ),
    "an origin that is no list": (
        lambda: around(CORSMiddleware, allow_origins="*"),
        T,
        ("allow_origins is a list of origins; write ['*']",),
    ),
    "a host with a scheme": (
        lambda: around(TrustedHostMiddleware, ["https://x.org"]),
        V,
        ("'https://x.org' is not a host name; give it without scheme, port and path",),
    ),
    "a proxy that is no address": (
        lambda: around(ProxyHeadersMiddleware, ["10.0.0"]),
        V,
        ("write addresses as '127.0.0.1' and networks as '10.0.0.0/8'",),
    ),
    "requires around a function without request": (
        lambda: requires("admin")(one),
        T,
        ("has no parameter named 'request' or 'websocket'",),
    ),
    "requires with a status that is no error": (lambda: requires("a", 200), V, ("status_code is from 400 to 599",)),
    "a setting that is missing": (lambda: Config(environ={})("SECRET_KEY"), KeyError, ("SECRET_KEY",)),
    "a setting that is no number": (
        lambda: Config(environ={"PORT": "x"})("PORT", cast=int),
        V,
        ("PORT", "int"),
    ),
    # -- WebSockets
    "a message before accept": (lambda: connect(send_first), R, ('Expected ASGI message "websocket.accept"',)),
    "a close reason that is a list": (lambda: connect(list_as_reason), T, ("close reason must be text, got ['a']",)),
    # -- await
    "request.json() without await": (
        lambda: request_of(forgotten_json),
        T,
        ("'coroutine' object is not subscriptable", "Await the call"),
    ),
    "request.json() in a response without await": (
        lambda: plainly(lambda request: JSONResponse(kept(request.json()))),
        T,
        ("Object of type coroutine is not JSON serializable; await it first",),
    ),
    "request.form() without await": (
        lambda: plainly(lambda request: JSONResponse(request.form()["name"])),
        T,
        ("Write await request.form()",),
    ),
    "request.json without parentheses": (lambda: request_of(text_as_subscript), T, ("Call the method: write ()",)),
    "await of what is not async": (lambda: request_of(awaits_what_is_not_async), T, ("Leave out await",)),
    # -- names of other frameworks, and misspelt ones
    "request.args": (lambda: plainly(lambda request: request.args), AttributeError, ("Write request.query_params",)),
    "request.get_json": (lambda: plainly(lambda request: request.get_json()), AttributeError, ("request.json()",)),
    "app.include_router": (lambda: ANY.include_router(), AttributeError, ("write app.include(router, prefix)",)),
    "app.on_event": (lambda: ANY.on_event("startup"), AttributeError, ("write Armillary(lifespan=...)",)),
    "app.run": (lambda: ANY.run(), AttributeError, ("write `armillary run app:app` on the command line",)),
    "on_startup": (lambda: app_class(on_startup=[one]), T, ("'on_startup': write lifespan=...",)),
    "title": (lambda: app_class(title="Stars"), T, ("'title': write openapi=OpenAPI(title=...)",)),
    "a misspelt argument of an application": (lambda: app_class(rutes=[]), T, ("did you mean 'routes'?",)),
    "a misspelt argument of a route": (lambda: route("/", home, method="GET"), T, ("did you mean 'methods'?",)),
    "a misspelt name of the front door": (
        lambda: getattr(armillary.web, "JsonResponse"),  # noqa: B009
        AttributeError,
        ("did you mean 'JSONResponse'?",),
    ),
    # -- the wrong kind, the wrong place
    "path and endpoint swapped": (lambda: route(home, "/"), T, ("write the path first, then the endpoint",)),
    "an instance in Middleware": (lambda: Middleware(Timing(home)), T, ("write Middleware(Timing, ...)",)),  # type: ignore[arg-type]
    "an application class that is served": (called_with_a_scope, T, ("write app = Armillary(...)",)),
    "a lifespan that is called": (
        lambda: request(app_class(lifespan=good_lifespan(None))),
        T,
        ("lifespan takes the function good_lifespan (", "leave out the ()"),
    ),
    "headers as a list": (lambda: json_response({}, headers=[("a", "b")]), T, ("headers takes a mapping, not a list",)),
    "a context that is a list": (lambda: rendering("a.html", ["a"]), T, ("context is a dict",)),
    "a template that is missing": (lambda: rendering("b.html", {}), jinja2.TemplateNotFound, ("b.html",)),
    "state that nobody set": (
        lambda: plainly(lambda request: request.app.state.database),
        AttributeError,
        ("no attribute 'database'", "what the lifespan yields is there"),
    ),
    "a prefix without a slash": (lambda: ANY.include(Router(), "api"), V, ("prefix must start with '/'", "'api'")),
    "routes to include as a list": (lambda: ANY.include([]), T, ("include takes a router",)),
    "an application by its name": (lambda: TestClient("app:app"), T, ("takes an ASGI application",)),  # type: ignore[arg-type]
    # -- annotations
    "a tuple of a typed function": (
        lambda: request_of(status_in_a_tuple),
        T,
        ("status_in_a_tuple (", "JSONResponse(data, 201)"),
    ),
    "brackets as a type": (lambda: route("/", bare_list), T, ("bare_list (", "is no type; write list[...]")),
    "a value as a type": (lambda: route("/", value_as_hint), T, ("value_as_hint (", "3 is neither")),
    "a type that does not exist": (lambda: route("/", unknown_hint), T, ("name 'Starr' is not defined",)),
    "a dependency that is called": (lambda: route("/", called_dependency), T, ("takes a function, got 1",)),
    "a dependency as a default": (lambda: route("/", default_dependency), T, ("as `number: Annotated[...",)),
    "Query as a default": (lambda: route("/", default_query), T, ("as `limit: Annotated[..., Query(...)]`",)),
    "a path parameter that the path does not have": (
        lambda: route("/", number_from_nowhere),
        T,
        ("number_from_nowhere (", "the path, which has no 'number'"),
    ),
    "other than what is declared": (
        lambda: request_of(other_than_declared),
        T,
        ("other_than_declared (", "Expected `int`, got `str`"),
    ),
    "a partial as middleware with a wrong option": (
        lambda: Armillary(middleware=[Middleware(functools.partial(Timing), heder="x")]),
        T,
        ("unexpected keyword argument 'heder'",),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_raises_a_message_with_its_fix(mistake: str) -> None:
    check_message(MISTAKES[mistake], FORGOTTEN)


APP = "armillary.applications."


def place_of(exc: BaseException) -> str:
    """Return message and notes, and whether a line of this file is in the traceback.

    What is raised while a connection is served has the lines above the application in it, which say nothing.
    """
    frames = [step.tb_frame for step in steps(exc)]
    calls = [(frame.f_globals.get("__name__", ""), frame.f_code.co_name) for frame in frames]
    served = [at for at, (module, name) in enumerate(calls) if module.startswith(APP) and name == "__call__"]
    below = frames[served[-1] :] if served else frames[1:]
    own = any(frame.f_code.co_filename == __file__ for frame in below)
    return "\n".join([str(exc), *getattr(exc, "__notes__", ()), "test_mistakes.py line, in a frame" if own else ""])


def steps(exc: BaseException) -> Any:
    step = exc.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_file_and_line(mistake: str) -> None:
    make, expected, _ = MISTAKES[mistake]
    with pytest.raises(expected) as raised:
        make()
    while FORGOTTEN:
        FORGOTTEN.pop().close()
    assert "test_mistakes.py line" in place_of(raised.value)


def test_the_table_has_a_hundred_rows_at_least() -> None:
    assert len(MISTAKES) >= 100


def test_a_detail_that_is_data_is_the_detail_of_the_response() -> None:
    def reject(request: Any) -> Any:
        raise HTTPException(400, {"field": "name"})  # type: ignore[arg-type]

    response = request(Armillary(routes=[Route("/", reject)]))
    assert (response.status_code, response.json()["detail"]) == (400, {"field": "name"})
