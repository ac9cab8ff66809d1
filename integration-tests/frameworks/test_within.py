"""Their applications within our Router, and our parts within their applications."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from programs import PROGRAMS, Program

from armillary.applications import Armillary
from armillary.graphql import GraphQL
from armillary.http import JSONResponse, PlainTextResponse
from armillary.lint import LintError
from armillary.routing import Host, Mount, NoMatchFound, Route, Router, WebSocketRoute
from armillary.staticfiles import StaticFiles
from armillary.testing import TestClient

HERE = Path(__file__).resolve().parent


def client_of(app: Any, program: Program) -> TestClient:
    return TestClient(app, base_url="https://testserver", lint=program.objection is None)


# --- theirs within ours ----------------------------------------------------------------------

WAYS: dict[str, Callable[[Any, bool], Any]] = {
    "router": lambda app, _: Router([Mount("/theirs", app)]),
    "application": lambda app, runs: Armillary(routes=[Mount("/theirs", app, lifespan=runs)]),
    "nested": lambda app, runs: Armillary(routes=[Mount("/{tenant}", routes=[Mount("/at", app, lifespan=runs)])]),
    "host": lambda app, _: Router([Host("testserver", app)]),
}
PREFIXES = {"router": "/theirs", "application": "/theirs", "nested": "/acme/at", "host": ""}


def without_root_path(app: Any) -> Any:
    """Strip the root path for a framework that routes on the whole path, as Falcon does."""

    async def stripped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            scope = {**scope, "path": scope["path"].removeprefix(scope["root_path"])}
        await app(scope, receive, send)

    return stripped


def mountable(program: Program) -> Any:
    return without_root_path(program.app) if program.ignores_root_path else program.app


@pytest.fixture(params=list(WAYS))
def mounted(request: pytest.FixtureRequest, program: Program) -> tuple[Any, str]:
    return WAYS[request.param](mountable(program), program.events is not None), PREFIXES[request.param]


def test_a_framework_that_ignores_the_root_path_is_known(program: Program) -> None:
    with client_of(Router([Mount("/theirs", program.app)]), program) as client:
        assert client.get("/theirs/hello").status_code == (404 if program.ignores_root_path else 200)


def test_their_application_works_within_our_router(mounted: tuple[Any, str], program: Program) -> None:
    app, prefix = mounted
    with client_of(app, program) as client:
        assert client.get(f"{prefix}/hello").text == "hello"
        assert client.post(f"{prefix}/echo", content=b"x" * 100_000).content == b"x" * 100_000
        assert client.get(f"{prefix}/stream").text == "abc"
        assert client.get(f"{prefix}/nowhere").status_code == 404


def test_their_websockets_work_within_our_router(mounted: tuple[Any, str], program: Program) -> None:
    app, prefix = mounted
    with client_of(app, program) as client:
        if not program.websockets:
            with pytest.raises(ValueError, match="Django can only handle ASGI/HTTP"):
                client.websocket_connect(f"{prefix}/ws").__enter__()
            return
        with client.websocket_connect(f"{prefix}/ws") as websocket:
            websocket.send_text("one")
            assert websocket.receive_text() == "one"


@pytest.mark.parametrize("way", ["application", "nested"])
def test_their_lifespan_runs_within_ours(way: str, program: Program) -> None:
    with client_of(WAYS[way](mountable(program), program.events is not None), program) as client:
        assert program.events in (["startup"], None)
        assert client.get(f"{PREFIXES[way]}/hello").text == "hello"
    assert program.events in (["startup", "shutdown"], None)


def test_an_application_without_a_lifespan_is_reported_if_its_lifespan_is_to_run() -> None:
    program = PROGRAMS["django"]()
    with pytest.raises(ValueError, match="not lifespan") as caught, TestClient(WAYS["application"](program.app, True)):
        pass
    assert caught.value.__notes__ == ["in the lifespan of the application mounted at '/theirs'"]


# --- ours within theirs ----------------------------------------------------------------------


async def greet(request: Any) -> Any:
    return JSONResponse({"hello": request.path_params["name"]})


async def link(request: Any) -> Any:
    return PlainTextResponse(str(request.url_for("greet", name="ada")))


async def talk(websocket: Any) -> None:
    async with websocket:
        await websocket.send_text(f"you said {await websocket.receive_text()}")


def schema() -> Any:
    import strawberry

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "graphql"

    return strawberry.Schema(Query)


def ours() -> Router:
    return Router(
        [
            Route("/greet/{name:int}", lambda request: PlainTextResponse("a number")),
            Route("/greet/{name}", greet, name="greet"),
            Route("/link", link),
            WebSocketRoute("/talk", talk),
            Mount("/files", StaticFiles(directory=HERE)),
            Mount("/graphql", GraphQL(schema())),
        ]
    )


CHANGES_ROOT_PATH = "changed 'root_path' in the caller's scope"


def within_fastapi(app: Any) -> Program:
    program = PROGRAMS["fastapi"]()
    program.app.mount("/ours", app)
    return replace(program, objection=CHANGES_ROOT_PATH)


def within_starlette(app: Any) -> Program:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse as Theirs
    from starlette.routing import Mount as TheirMount, Route as TheirRoute

    return Program(
        Starlette(routes=[TheirRoute("/hello", lambda request: Theirs("hello")), TheirMount("/ours", app)]),
        raises=True,
        objection=CHANGES_ROOT_PATH,
    )


def within_litestar(app: Any) -> Program:
    from litestar import Litestar, MediaType, asgi, get

    @asgi("/ours", is_mount=True, copy_scope=True)
    async def handler(scope: Any, receive: Any, send: Any) -> None:
        # Litestar strips the prefix from the path, ends it with a slash, and does not add it to the root path.
        path = unquote(scope["raw_path"].decode("ascii"))
        await app({**scope, "path": path, "root_path": scope["root_path"] + "/ours"}, receive, send)

    @get("/hello", media_type=MediaType.TEXT)
    async def hello() -> str:
        return "hello"

    for name in ("scope", "receive", "send"):
        handler.fn.__annotations__[name] = Any
    return Program(Litestar([handler, hello], openapi_config=None), objection="changed 'path' in the caller's scope")


def within_blacksheep(app: Any) -> Program:
    program = PROGRAMS["blacksheep"]()
    program.app.mount("/ours", app)
    return replace(program, objection=CHANGES_ROOT_PATH)


def dispatched(name: str) -> Callable[[Any], Program]:
    """Beside a framework that mounts nothing: by the dispatcher that Quart's documentation names."""

    def make(app: Any) -> Program:
        from hypercorn.middleware import DispatcherMiddleware

        program = PROGRAMS[name]()
        return Program(DispatcherMiddleware({"/ours": app, "": program.app}), objection=program.objection)

    return make


HOMES: dict[str, Callable[[Any], Program]] = {
    "starlette": within_starlette,
    "fastapi": within_fastapi,
    "litestar": within_litestar,
    "blacksheep": within_blacksheep,
}
BESIDE = {name: dispatched(name) for name in ("quart", "falcon", "django", "bare")}


@pytest.fixture(params=[*HOMES, *BESIDE])
def home(request: pytest.FixtureRequest) -> Program:
    return {**HOMES, **BESIDE}[request.param](ours())


@pytest.mark.parametrize("name", HOMES)
def test_lint_finds_a_mount_that_changes_the_scope_of_the_server(name: str) -> None:
    program = HOMES[name](ours())
    with pytest.raises(LintError, match=program.objection):
        TestClient(program.app, lint=True).get("/ours/greet/7")


def test_our_router_matches_and_converts_below_their_mount(home: Program) -> None:
    client = client_of(home.app, home)
    assert client.get("/hello").text == "hello"
    assert client.get("/ours/greet/7").text == "a number"
    assert client.get("/ours/greet/bob").json() == {"hello": "bob"}
    assert client.get("/ours/nowhere").status_code == 404
    assert client.post("/ours/greet/bob").status_code == 405


def test_our_router_reverses_below_their_mount(home: Program) -> None:
    assert client_of(home.app, home).get("/ours/link").text == "https://testserver/ours/greet/ada"
    assert ours().url_path_for("greet", name="ada") == "/greet/ada"


@pytest.mark.parametrize("name", [*HOMES, *BESIDE])
def test_our_application_reverses_below_their_mount(name: str) -> None:
    async def home_of(request: Any, exc: Exception) -> Any:
        return PlainTextResponse(str(request.url_for("link")), status_code=404)

    program = {**HOMES, **BESIDE}[name](Armillary(routes=ours().routes, exception_handlers={404: home_of}))
    client = client_of(program.app, program)
    assert client.get("/ours/link").text == "https://testserver/ours/greet/ada"
    assert client.get("/ours/nowhere").text == "https://testserver/ours/link"
    assert client.get("/hello").text == "hello"


@pytest.mark.parametrize("framework", ["starlette", "fastapi"])
def test_their_router_reverses_for_them_while_ours_is_mounted(framework: str) -> None:
    from starlette.requests import Request as TheirRequest

    seen: list[str] = []
    program = HOMES[framework](Armillary(routes=ours().routes))
    program.app.add_route("/named", lambda request: None, name="named")

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        await program.app(scope, receive, send)
        if scope["type"] == "http":
            seen.append(str(TheirRequest(scope).url_for("named")))

    assert client_of(outside, program).get("/ours/link").status_code == 200
    assert seen == ["https://testserver/named"]


def test_names_of_their_routes_are_found_from_our_router() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount as TheirMount, Route as TheirRoute

    routes = [TheirRoute(f"/{name}", greet, name=name) for name in ("first", "second")]
    theirs = Starlette(routes=[*routes, TheirMount("/below", routes=routes, name="below")])
    router = Router([Mount("/theirs", theirs, name="theirs")])
    assert router.url_path_for("theirs:second") == "/theirs/second"
    assert router.url_path_for("theirs:below:second") == "/theirs/below/second"
    with pytest.raises(NoMatchFound):
        router.url_path_for("theirs:third")


def test_our_websockets_work_below_their_mount(home: Program) -> None:
    with client_of(home.app, home).websocket_connect("/ours/talk") as websocket:
        websocket.send_text("hi")
        assert websocket.receive_text() == "you said hi"


def test_our_static_files_work_below_their_mount(home: Program) -> None:
    client = client_of(home.app, home)
    whole = client.get("/ours/files/programs.py")
    assert whole.content == (HERE / "programs.py").read_bytes()
    part = client.get("/ours/files/programs.py", headers={"range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    again = client.get("/ours/files/programs.py", headers={"if-none-match": whole.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/ours/files/nothing.txt").status_code == 404
    assert client.get("/ours/files/%2e%2e/conftest.py").status_code == 404


def test_our_graphql_works_below_their_mount(home: Program) -> None:
    client = client_of(home.app, home)
    response = client.post("/ours/graphql", json={"query": "{ hello }"}, headers={"accept": "application/json"})
    assert response.json()["data"] == {"hello": "graphql"}


# --- keys of the scope -----------------------------------------------------------------------


def test_keys_of_the_outer_application_are_still_its_own_after_an_inner_one(program: Program) -> None:
    kept: dict[str, Any] = {}

    def keeping(app: Any) -> Any:
        async def keep(scope: Any, receive: Any, send: Any) -> None:
            before = {key: scope[key] for key in scope if key not in ("armillary", "extensions")}
            await app(scope, receive, send)
            kept[scope["type"]] = {key: (value, scope.get(key)) for key, value in before.items()}

        return keep

    app = keeping(Armillary(routes=[Mount("/theirs", mountable(program))]))
    with client_of(app, program) as client:
        assert client.get("/theirs/hello").text == "hello"
    changed = {key for key, (before, after) in kept["http"].items() if before is not after and before != after}
    assert changed == set()


def test_our_application_is_still_in_the_scope_after_a_mounted_one_has_responded(program: Program) -> None:
    found: list[Any] = []

    class Looking:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            if scope["type"] == "http":
                found.append((scope["app"], scope["router"], scope["path"], scope["root_path"]))

    from armillary.asgi_types import Middleware

    app = Armillary(routes=[Mount("/theirs", mountable(program))], middleware=[Middleware(Looking)])
    with client_of(app, program) as client:
        assert client.get("/theirs/hello").text == "hello"
    assert found == [(app, app.router, "/theirs/hello", "")]


def test_below_our_mount_are_no_keys_but_those_that_are_documented(program: Program) -> None:
    scopes: list[Any] = []
    app = mountable(program)

    async def spy(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(set(scope))
        await app(scope, receive, send)

    given: list[Any] = []

    async def outermost(scope: Any, receive: Any, send: Any) -> None:
        given.append(set(scope))
        await Router([Mount("/theirs", spy)])(scope, receive, send)

    with client_of(outermost, program) as client:
        client.get("/theirs/hello")
    page = (Path(__file__).resolve().parents[2] / "docs" / "scope-keys.md").read_text("utf-8")
    documented = set(re.findall(r"^\| ((?:`[a-z_.]+`(?:, )?)+) \|", page.partition("## The record")[0], re.MULTILINE))
    names = {name for cell in documented for name in re.findall(r"`([a-z_.]+)`", cell)} | {"armillary"}
    assert scopes[-1] - given[-1] <= names


# --- sessions, users, state ------------------------------------------------------------------


def starlette_with_session(inner: Any) -> Any:
    """Starlette with its own sessions, and `inner` mounted below them."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware as TheirMiddleware
    from starlette.middleware.sessions import SessionMiddleware as TheirSessions
    from starlette.responses import JSONResponse as TheirJSON
    from starlette.routing import Mount as TheirMount, Route as TheirRoute

    async def count(request: Any) -> Any:
        request.session["theirs"] = request.session.get("theirs", 0) + 1
        return TheirJSON(dict(request.session))

    return Starlette(
        routes=[TheirRoute("/count", count), TheirMount("/ours", inner)],
        middleware=[TheirMiddleware(TheirSessions, secret_key="theirs, for tests", session_cookie="theirs")],
    )


def ours_with_session(routes: list[Any]) -> Any:
    from armillary.sessions import SessionMiddleware

    return SessionMiddleware(Router(routes), secret_key="ours, for these tests", session_cookie="ours")


async def count_ours(request: Any) -> Any:
    request.session["ours"] = request.session.get("ours", 0) + 1
    return JSONResponse(dict(request.session))


def test_our_sessions_below_theirs_leave_theirs_alone() -> None:
    client = TestClient(starlette_with_session(ours_with_session([Route("/count", count_ours)])))
    assert client.get("/count").json() == {"theirs": 1}
    assert client.get("/ours/count").json() == {"ours": 1}
    assert client.get("/count").json() == {"theirs": 2}
    assert client.get("/ours/count").json() == {"ours": 2}


def test_our_server_side_sessions_below_theirs_leave_theirs_alone() -> None:
    from armillary.sessions import MemoryStore, ServerSessionMiddleware

    inner = ServerSessionMiddleware(Router([Route("/count", count_ours)]), MemoryStore(), session_cookie="ours")
    client = TestClient(starlette_with_session(inner))
    assert client.get("/count").json() == {"theirs": 1}
    assert client.get("/ours/count").json() == {"ours": 1}
    assert client.get("/count").json() == {"theirs": 2}
    assert client.get("/ours/count").json() == {"ours": 2}


def test_their_sessions_below_ours_leave_ours_alone() -> None:
    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("not called")

    theirs = starlette_with_session(nothing)
    client = TestClient(ours_with_session([Route("/count", count_ours), Mount("/theirs", theirs)]))
    assert client.get("/count").json() == {"ours": 1}
    assert client.get("/theirs/count").json() == {"theirs": 1}
    assert client.get("/count").json() == {"ours": 2}
    assert client.get("/theirs/count").json() == {"theirs": 2}


def test_litestar_reads_the_session_that_ours_keeps() -> None:
    from litestar import Litestar, Request, get

    from armillary.sessions import SessionMiddleware

    async def count(request: Request) -> dict:  # type: ignore[type-arg]
        request.scope["session"]["count"] = request.scope["session"].get("count", 0) + 1
        return dict(request.scope["session"])

    count.__annotations__.update({"request": Request, "return": dict})
    app = SessionMiddleware(Litestar([get("/count")(count)], openapi_config=None), secret_key="ours, for these tests")
    client = TestClient(app)
    assert client.get("/count").json() == {"count": 1}
    assert client.get("/count").json() == {"count": 2}


class Ada:
    """A backend that knows Ada."""

    def __init__(self, credentials: Any, user: Any) -> None:
        self.result = credentials, user

    async def authenticate(self, conn: Any) -> Any:
        return self.result


def test_users_of_both_sides_stay_apart() -> None:
    from starlette.applications import Starlette
    from starlette.authentication import AuthCredentials as TheirCredentials, SimpleUser as TheirUser
    from starlette.middleware import Middleware as TheirMiddleware
    from starlette.middleware.authentication import AuthenticationMiddleware as TheirAuthentication
    from starlette.responses import PlainTextResponse as Theirs
    from starlette.routing import Mount as TheirMount, Route as TheirRoute

    from armillary.authentication import AuthCredentials, AuthenticationMiddleware, SimpleUser

    async def me(request: Any) -> Any:
        return PlainTextResponse(f"{request.user.display_name} {sorted(request.auth.scopes)}")

    inner = AuthenticationMiddleware(
        Router([Route("/me", me)]),
        Ada(AuthCredentials(["inner"]), SimpleUser("ours")),  # type: ignore[arg-type]
    )
    after: list[str] = []

    class After:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            if scope["type"] == "http":
                after.append(scope["user"].display_name)

    theirs = Starlette(
        routes=[TheirRoute("/me", lambda request: Theirs(request.user.display_name)), TheirMount("/ours", inner)],
        middleware=[
            TheirMiddleware(TheirAuthentication, backend=Ada(TheirCredentials(["outer"]), TheirUser("theirs"))),
            TheirMiddleware(After),
        ],
    )
    client = TestClient(theirs)
    assert client.get("/me").text == "theirs"
    assert client.get("/ours/me").text == "ours ['inner']"
    assert after == ["theirs", "theirs"]


def with_states(theirs: dict[str, Any], ours: dict[str, Any]) -> Any:
    from contextlib import asynccontextmanager

    from fastapi import FastAPI, Request

    @asynccontextmanager
    async def their_lifespan(app: Any) -> Any:
        yield theirs

    @asynccontextmanager
    async def our_lifespan(app: Any) -> Any:
        yield ours

    async def their_state(request: Request) -> Any:
        return request.state.theirs

    async def our_state(request: Any) -> Any:
        return JSONResponse(request.state.ours)

    their_state.__annotations__["request"] = Request
    inner = FastAPI(lifespan=their_lifespan)
    inner.get("/state")(their_state)
    return Armillary(routes=[Route("/state", our_state), Mount("/theirs", inner)], lifespan=our_lifespan)


def test_states_of_both_lifespans_reach_their_requests() -> None:
    with TestClient(with_states({"theirs": 1}, {"ours": 2})) as client:
        assert client.get("/state").json() == 2
        assert client.get("/theirs/state").json() == 1
        assert client.get("/state").json() == 2


def test_a_state_key_that_both_lifespans_store_is_reported_at_start_up() -> None:
    with pytest.raises(RuntimeError, match="two lifespans store 'db' in the state"):
        TestClient(with_states({"theirs": 1, "db": 1}, {"ours": 2, "db": 2})).__enter__()
