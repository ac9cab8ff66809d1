"""What a compiled handler could get wrong, one function each; prints what each returns as JSON."""

from __future__ import annotations

import enum
import functools
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import anyio
import fastapi.routing
from asgi_call import call, effects  # type: ignore[import-not-found]
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Match, Mount, Route, compile_path


async def get(app: Any, target: str, method: str = "GET") -> Any:
    """Return status and body of a request, or the exception."""
    seen = await call(app, method, target, {}, b"")
    return [seen["status"], seen["body"]] if seen["raised"] is None else seen["raised"][:2]


class Label(str, enum.Enum):  # noqa: UP042  # a StrEnum has other values
    FIRST = "value", "label"

    def __new__(cls, value: str, label: str) -> Label:
        made = str.__new__(cls, label)
        made._value_ = value
        return made


class Items(dict[str, Any]):
    def items(self) -> Any:
        return [("x", "from items()")]


async def results_that_only_the_encoder_reads_rightly() -> Any:
    app = FastAPI()
    values: dict[str, Any] = {
        "generator": lambda: {"g": (number for number in range(3)), Label.FIRST: 1},
        "enum": lambda: {"l": Label.FIRST},
        "items": lambda: Items(a=1),
        "state": lambda: {"_sa_state": 1, "a": [{"_sa": 2}]},
        "tuple": lambda: ({"a": 1}, (2,)),
        "text": lambda: {"a": Label.FIRST, "t": type("Text", (str,), {})("t")},
    }

    @app.get("/{name}", response_model=None)
    async def result(name: str) -> Any:
        return values[name]()

    return {name: await get(app, f"/{name}") for name in values}


async def a_dependency_appended_after_the_first_request() -> Any:
    app = FastAPI()

    @app.get("/")
    async def endpoint() -> str:
        return "ok"

    async def need(z: int) -> int:
        return z

    before = await get(app, "/")
    route: Any = next(route for route in app.routes if getattr(route, "path", "") == "/")
    route.dependant.dependencies.append(get_parameterless_sub_dependant(depends=Depends(need), path="/"))
    return [before, await get(app, "/"), await get(app, "/?z=1")]


async def a_dependency_without_cache_below_a_cached_one() -> Any:
    app = FastAPI()
    calls: list[int] = []

    async def once() -> int:
        calls.append(1)
        return 1

    async def cached(a: int = Depends(once, use_cache=False)) -> int:
        return a

    @app.get("/")
    async def endpoint(a: int = Depends(cached), b: int = Depends(cached)) -> int:
        return len(calls)

    return [await get(app, "/"), await get(app, "/")]


async def errors_of_a_dependency_that_two_others_share() -> Any:
    app = FastAPI()

    async def shared(q: int) -> int:
        return q

    async def one(s: int = Depends(shared)) -> int:
        return s

    async def two(s: int = Depends(shared)) -> int:
        return s

    @app.get("/")
    async def endpoint(a: int = Depends(one), b: int = Depends(two)) -> int:
        return a + b

    return await get(app, "/")


async def functions_that_an_integration_replaces() -> Any:
    app = FastAPI()

    @app.get("/")
    async def endpoint() -> str:
        return "ok"

    found = [await get(app, "/")]
    for name in ("run_endpoint_function", "solve_dependencies", "serialize_response"):
        own = getattr(fastapi.routing, name)

        @functools.wraps(own)
        async def replaced(own: Any = own, name: str = name, **kwargs: Any) -> Any:
            effects.append(name)
            return await own(**kwargs)

        setattr(fastapi.routing, name, replaced)
        await get(app, "/")
        found.append(effects[0])
        setattr(fastapi.routing, name, own)
    await get(app, "/")
    return [*found, effects[0]]


async def overrides_that_come_and_go() -> Any:
    app = FastAPI()

    async def dependency(q: str = "own") -> str:
        return q

    @app.get("/")
    async def endpoint(d: str = Depends(dependency)) -> str:
        return d

    found = [await get(app, "/")]
    app.dependency_overrides[dependency] = lambda other: f"override {other}"
    found += [await get(app, "/?other=1"), await get(app, "/")]
    app.dependency_overrides.clear()
    return [*found, await get(app, "/")]


async def a_wrapper_with_the_attributes_of_the_handler() -> Any:
    class Wrapped(APIRoute):
        def get_route_handler(self) -> Any:
            own = super().get_route_handler()

            @functools.wraps(own)
            async def handler(request: Request) -> Any:
                response = await own(request)
                response.headers["X-Wrapped"] = "1"
                return response

            return handler

    app = FastAPI()
    app.router.route_class = Wrapped

    @app.get("/")
    async def endpoint() -> str:
        return "ok"

    return (await call(app, "GET", "/", {}, b""))["headers"][-1]


async def routes_changed_after_the_first_request() -> Any:
    app, live, below = FastAPI(), APIRouter(), APIRouter(prefix="/below")
    live.include_router(below)
    app.include_router(live, prefix="/live")

    @app.get("/own")
    async def own() -> str:
        return "own"

    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    found = [await get(app, "/own"), await get(app, "/live/late"), await get(app, "/live/below/late")]

    @live.get("/late")
    async def late() -> str:
        return "late"

    found.append(await get(app, "/live/late"))

    @below.get("/late")
    async def below_late() -> str:
        return "below"

    found.append(await get(app, "/live/below/late"))
    app.router.routes.insert(0, Route("/own", plain))
    found.append(await get(app, "/own"))
    app.router.routes.reverse()
    found.append(await get(app, "/own"))
    app.router.routes = []
    found.append(await get(app, "/own"))
    return found


async def attributes_of_a_route_changed_after_the_first_request() -> Any:
    app = FastAPI()

    @app.get("/a")
    async def endpoint() -> str:
        return "ok"

    found = [await get(app, "/a")]
    route: Any = app.router.routes[-1]
    route.methods = {"PUT"}
    found += [await get(app, "/a"), await get(app, "/a", "PUT")]
    route.path_regex = compile_path("/b")[0]
    found += [await get(app, "/a", "PUT"), await get(app, "/b", "PUT")]
    route.app = PlainTextResponse("another")
    return [*found, await get(app, "/b", "PUT")]


async def routes_that_decide_by_themselves() -> Any:
    class Shouted(APIRoute):
        def matches(self, scope: Any) -> Any:
            effects.append(f"asked {self.path}")
            return super().matches({**scope, "path": scope["path"].lower()})

    class Never(APIRouter):
        def matches(self, scope: Any) -> Any:
            return Match.NONE, {}

    app, shouted, never = FastAPI(), APIRouter(route_class=Shouted), Never()

    @shouted.get("/x/{y}")
    async def endpoint(y: str) -> str:
        return y

    @never.get("/z")
    async def unreachable() -> str:
        return "z"

    @app.get("/z")
    async def z() -> str:
        return "the next"

    app.include_router(shouted)
    app.include_router(never)
    app.include_router(shouted, prefix="/p")
    return [await get(app, path) for path in ("/X/Y", "/z", "/P/X/y", "/none")]


async def the_first_of_several_that_match() -> Any:
    app, router = FastAPI(), APIRouter()

    @app.post("/x")
    async def post() -> str:
        return "post"

    @router.get("/{name}")
    async def name(name: str) -> str:
        return f"included {name}"

    app.include_router(router)

    @app.get("/x")
    async def x() -> str:
        return "own"

    app.mount("/m", PlainTextResponse("mounted"))
    app.router.routes.append(Mount("/x", PlainTextResponse("never")))
    requests = [
        ("GET", "/x"),
        ("POST", "/x"),
        ("PUT", "/x"),
        ("GET", "/m/a"),
        ("GET", "/m"),
        ("GET", "/x/"),
        ("GET", "/a/b"),
    ]
    return [await get(app, path, method) for method, path in requests]


async def a_frontend_below_all_routes() -> Any:
    folder = Path(mkdtemp())
    (folder / "index.html").write_text("index")
    (folder / "app.js").write_text("script")
    app, router = FastAPI(), APIRouter(prefix="/in")

    @app.get("/api")
    async def api() -> str:
        return "api"

    app.include_router(router)
    found = [await get(app, "/app.js")]
    app.frontend("/", directory=str(folder))
    router.frontend("/ui", directory=str(folder))
    targets = ("/api", "/app.js", "/in/ui/app.js", "/missing.js", "/api/")
    return [*found, *[await get(app, target) for target in targets]]


async def exceptions_after_the_response_has_started() -> Any:
    app = FastAPI()

    async def ends(request: Request) -> AsyncIterator[None]:
        yield
        effects.append("exit")
        raise HTTPException(418)

    @app.get("/", dependencies=[Depends(ends)])
    async def endpoint() -> str:
        return "ok"

    seen = await call(app, "GET", "/", {}, b"")
    return [seen["effects"], seen["raised"]]


async def a_router_without_an_application() -> Any:
    router = APIRouter()

    @router.get("/")
    async def endpoint() -> str:
        return "ok"

    return await get(router, "/")


async def an_exception_handler_in_a_thread() -> Any:
    app = FastAPI()

    @app.exception_handler(KeyError)
    def handle(request: Request, exc: KeyError) -> JSONResponse:
        return JSONResponse([str(exc)], 400)

    @app.get("/", response_model=None)
    def endpoint() -> Iterable[int]:
        raise KeyError("x")

    return await get(app, "/")


async def an_override_that_an_earlier_dependency_installs() -> Any:
    app = FastAPI()

    async def own(q: int = 1) -> int:
        return q

    async def other(z: int = 2) -> int:
        return z

    async def install(on: bool = False) -> None:
        if on:
            app.dependency_overrides[own] = other

    @app.get("/", dependencies=[Depends(install)])
    async def endpoint(value: int = Depends(own)) -> int:
        return value

    first = [await get(app, target) for target in ("/?q=5", "/?q=5&on=1&z=7")]
    app.dependency_overrides.clear()
    return [*first, await get(app, "/?on=1&z=x")]


async def what_an_endpoint_puts_on_the_exit_stacks_of_the_scope() -> Any:
    app = FastAPI()

    @app.get("/{fails}")
    async def endpoint(request: Request, fails: bool) -> str:
        for name in ("fastapi_inner_astack", "fastapi_function_astack"):
            request.scope[name].callback(effects.append, name)
        if fails:
            raise HTTPException(418)
        return "ok"

    return [(seen["status"], seen["effects"]) for seen in [await call(app, "GET", f"/{n}", {}, b"") for n in (0, 1)]]


async def an_exit_stack_that_swallows_the_exception() -> Any:
    app = FastAPI()

    @app.get("/")
    async def endpoint(request: Request) -> str:
        request.scope["fastapi_inner_astack"].enter_context(suppress(KeyError))
        raise KeyError

    return await get(app, "/")


async def events_with_a_pause_between_them() -> Any:
    app = FastAPI()
    fastapi.routing._PING_INTERVAL = 0.05  # type: ignore[attr-defined]

    @app.get("/", response_class=EventSourceResponse)
    async def endpoint() -> AsyncIterator[int]:
        yield 1
        with anyio.move_on_after(10):  # until a comment was sent, after the first event
            while effects.count("http.response.body") < 2:
                await anyio.sleep(0.01)
        yield 2

    text = (await call(app, "GET", "/", {}, b""))["body"]
    return [text.startswith("data: 1\n\n: ping\n\n"), text.endswith("data: 2\n\n")]


def made_of_inclusions(prefix: str = "/in", *, routes: int = 3) -> Any:
    """Return an application that includes a router of routes, and of another router below it."""
    app, outer, inner = FastAPI(), APIRouter(prefix="/outer"), APIRouter()

    async def endpoint(request: Request) -> Any:
        known = request.scope["fastapi"]["effective_route_context"]
        return [known.path, request.scope["path_params"], sorted(known.methods), known.status_code]

    for number in range(routes):
        outer.add_api_route(f"/{number}/{{key:int}}.{{kind}}", endpoint, methods=["get", "PUT"], status_code=201)
        inner.add_api_route(f"/{number}(a+b)/{{rest:path}}", endpoint, methods=["POST"])
    outer.add_api_route("", endpoint)
    outer.include_router(inner, prefix="/in/{key}")
    app.include_router(outer, prefix=prefix)
    return app


async def paths_of_included_routers() -> Any:
    found = []
    for prefix in ("/in", "/in.{tenant}", ""):
        app = made_of_inclusions(prefix)
        start = prefix.replace("{tenant}", "x")
        for method, path in [
            *(("GET", "/outer"), ("GET", "/outer/"), ("GET", "/outer/1/5.txt"), ("PUT", "/outer/1/5.txt")),
            *(("GET", "/outer/1/a.txt"), ("POST", "/outer/1/5.txt"), ("GET", "/outer/1/5.txt/"), ("GET", "/")),
            *(("POST", "/outer/in/k/2(a+b)/r/s"), ("GET", "/outer/in/k/2(a+b)/"), ("POST", "/outer/in/k/2aab/r")),
        ]:
            found.append([method, prefix + path, await get(app, start + path, method)])
        app.openapi()
        found.append(await get(app, f"{start}/outer/0/1.txt"))
    return found


async def contexts_that_a_first_request_makes() -> Any:
    app, made = made_of_inclusions(routes=20), []
    make = fastapi.routing._IncludedRouter._build_effective_context  # type: ignore[attr-defined]

    def counted(self: Any, route: Any) -> Any:
        made.append(route)
        return make(self, route)

    fastapi.routing._IncludedRouter._build_effective_context = counted  # type: ignore[attr-defined]
    try:
        counts = []
        for _ in range(2):
            await get(app, "/in/outer/in/k/7(a+b)/r", "POST")
            counts.append(len(made))
        await get(app, "/in/outer/3/5.txt")
        return [*counts, len(made)]
    finally:
        fastapi.routing._IncludedRouter._build_effective_context = make  # type: ignore[attr-defined]


TRAPS = [
    paths_of_included_routers,
    contexts_that_a_first_request_makes,
    an_override_that_an_earlier_dependency_installs,
    what_an_endpoint_puts_on_the_exit_stacks_of_the_scope,
    an_exit_stack_that_swallows_the_exception,
    events_with_a_pause_between_them,
    results_that_only_the_encoder_reads_rightly,
    a_dependency_appended_after_the_first_request,
    a_dependency_without_cache_below_a_cached_one,
    errors_of_a_dependency_that_two_others_share,
    functions_that_an_integration_replaces,
    overrides_that_come_and_go,
    a_wrapper_with_the_attributes_of_the_handler,
    routes_changed_after_the_first_request,
    attributes_of_a_route_changed_after_the_first_request,
    routes_that_decide_by_themselves,
    the_first_of_several_that_match,
    a_frontend_below_all_routes,
    exceptions_after_the_response_has_started,
    a_router_without_an_application,
    an_exception_handler_in_a_thread,
]


async def main() -> None:
    sys.stdout.write(json.dumps({trap.__name__: await trap() for trap in TRAPS}))


anyio.run(main)
