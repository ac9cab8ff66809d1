"""Programs written for Starlette and FastAPI, on the real Starlette and on the drop-in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

from cases.bodies_and_streams import sending
from cases.cors_sessions_gzip import KEY

ROUTES = 1000
PARTS = 100
FASTAPI_ROUTES = 100
TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"


@contextmanager
def _imports(*, of_drop_in: bool) -> Iterator[None]:
    """Inside, `starlette` and `fastapi` are imported again, on one Starlette or the other."""
    import armillary.starlette

    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] in ("starlette", "fastapi")}
    for name in kept:
        del sys.modules[name]
    if of_drop_in:
        armillary.starlette.install()
    try:
        yield
    finally:
        armillary.starlette.uninstall()
        for name in [name for name in sys.modules if name.split(".")[0] in ("starlette", "fastapi")]:
            del sys.modules[name]
        sys.modules.update(kept)


def _starlette_program() -> dict[str, Application]:
    applications: Any = importlib.import_module("starlette.applications")
    responses: Any = importlib.import_module("starlette.responses")
    routing: Any = importlib.import_module("starlette.routing")

    async def text(request: Any) -> Any:
        return responses.PlainTextResponse("found")

    async def json(request: Any) -> Any:
        return responses.JSONResponse({"hello": "world"})

    async def item(request: Any) -> Any:
        return responses.PlainTextResponse(request.path_params["key"])

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(PARTS):
            yield b"part"

    async def stream(request: Any) -> Any:
        return responses.StreamingResponse(parts())

    small = [
        routing.Route("/", text),
        routing.Route("/json", json),
        routing.Route("/items/{key}", item),
        routing.Route("/stream", stream),
    ]
    many = [routing.Route(f"/items{at}/{{key}}/detail", text) for at in range(ROUTES)]
    return {
        "small": applications.Starlette(routes=small),
        "stacked": applications.Starlette(routes=[routing.Route("/", text)], middleware=_three_middlewares()),
        "many": applications.Starlette(routes=many),
        "route": many[-1],
    }


def _three_middlewares() -> list[Any]:
    """Return Starlette's own CORS, sessions and gzip."""
    middleware: Any = importlib.import_module("starlette.middleware")
    cors: Any = importlib.import_module("starlette.middleware.cors")
    gzip: Any = importlib.import_module("starlette.middleware.gzip")
    sessions: Any = importlib.import_module("starlette.middleware.sessions")
    return [
        middleware.Middleware(cors.CORSMiddleware, allow_origins=["https://example.com"]),
        middleware.Middleware(sessions.SessionMiddleware, secret_key=KEY),
        middleware.Middleware(gzip.GZipMiddleware),
    ]


def _fastapi_program() -> Application:
    fastapi: Any = importlib.import_module("fastapi")
    application: Application = fastapi.FastAPI(openapi_url=None)
    add: Any = application

    @add.get("/")
    async def root() -> dict[str, str]:
        return {"hello": "world"}

    for at in range(FASTAPI_ROUTES):

        @add.get(f"/items{at}/{{key}}")
        async def item(key: int) -> dict[str, int]:
            return {"key": key}

    return application


def _matching(route: Any) -> Application:
    """Return an application whose work is 100 calls of a route's `matches` on a path of another one."""

    async def match(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(100):
            route.matches(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"found"})

    return match


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the contests between the two."""
    programs: dict[str, dict[str, Application]] = {}
    fastapis: dict[str, Application] = {}
    for name, of_drop_in in (("starlette", False), ("drop-in", True)):
        with _imports(of_drop_in=of_drop_in):
            programs[name] = _starlette_program()
            if find_spec("fastapi") is not None:
                fastapis[name] = _fastapi_program()
    small = {name: program["small"] for name, program in programs.items()}
    many = {name: program["many"] for name, program in programs.items()}
    matching = {name: _matching(program["route"]) for name, program in programs.items()}
    found = bare_application(b"found", TEXT)
    hello = bare_application(b'{"hello":"world"}', JSON)
    yield "Starlette app: text", Contest(BenchmarkRequest("/", expected=b"found"), {BARE: found, **small})
    yield (
        "Starlette app: JSON",
        Contest(BenchmarkRequest("/json", expected=b'{"hello":"world"}'), {BARE: hello, **small}),
    )
    stacked = {name: program["stacked"] for name, program in programs.items()}
    yield "Starlette app: 3 middlewares", Contest(BenchmarkRequest("/", expected=b"found"), {BARE: found, **stacked})
    streamed = BenchmarkRequest("/stream", expected=b"part" * PARTS, client_stays=True)
    yield "Starlette app: stream of 100", Contest(streamed, {BARE: sending(*[b"part"] * PARTS), **small})
    path = BenchmarkRequest("/items/vega", expected=b"vega")
    yield "Starlette app: path parameter", Contest(path, {BARE: bare_application(b"vega", TEXT), **small})
    last = BenchmarkRequest(f"/items{ROUTES - 1}/vega/detail", expected=b"found")
    yield "Starlette app: last of 1,000", Contest(last, {BARE: found, **many})
    yield "100 calls of matches", Contest(BenchmarkRequest("/nowhere", expected=b"found"), {BARE: found, **matching})
    if not fastapis:  # it is not installed
        return
    yield "FastAPI app: JSON", Contest(BenchmarkRequest("/", expected=b'{"hello":"world"}'), {BARE: hello, **fastapis})
    item = BenchmarkRequest(f"/items{FASTAPI_ROUTES - 1}/7", expected=b'{"key":7}')
    yield "FastAPI app: last of 100", Contest(item, {BARE: bare_application(b'{"key":7}', JSON), **fastapis})
