"""The state of the lifespan, and applications mounted below another."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from driving import effects, get, note  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    FastAPI,
    Request,
)
from fastapi.responses import PlainTextResponse
from starlette.routing import Mount, Route


async def run() -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        note("start")
        app.state.plain = "p"
        yield {"shared": ["s"], "n": 1}
        note("stop")

    sub = FastAPI(root_path="/known")
    app = FastAPI(lifespan=lifespan, root_path="/proxy")

    @app.get("/state")
    async def state(request: Request) -> Any:
        request.state.n += 1
        request.state.own = 1
        return [
            request.state.shared,
            request.state.n,
            request.app.state.plain,
            str(request.url_for("state")),
            request.scope["root_path"],
        ]

    @sub.get("/in/{x:path}", name="inside")
    async def inside(x: str, request: Request, q: int = 1) -> Any:
        return [
            x,
            q,
            request.scope["root_path"],
            str(request.url),
            str(request.url_for("inside", x="y")),
            request.state._state.get("n"),
        ]

    @sub.exception_handler(KeyError)
    async def on_key(request: Request, exc: KeyError) -> Any:
        return PlainTextResponse("sub", 455)

    @sub.get("/key")
    async def key() -> Any:
        raise KeyError("x")

    @sub.get("/value")
    def value() -> Any:
        raise ValueError("x")

    @app.exception_handler(ValueError)
    async def on_value(request: Request, exc: ValueError) -> Any:
        return PlainTextResponse("main", 456)

    async def page(request: Request) -> Any:
        return PlainTextResponse(request.url_for("main:inside", x="z").path if False else str(request.path_params))

    app.mount("/sub", sub, name="main")
    app.mount("/{tenant}/t", Mount("", routes=[Route("/page/{a:int}", page), Route("/x", page, methods=["POST"])]))
    router = APIRouter()
    router.mount("/deep", sub)
    app.include_router(router, prefix="/router")
    app.router.routes.append(Route("/bare", page))

    sent: list[Any] = []
    to_app = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    scope_state: dict[str, Any] = {}

    async def receive() -> Any:
        return to_app.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    effects.clear()
    await app({"type": "lifespan", "state": scope_state, "asgi": {"version": "3.0"}}, receive, send)
    found: list[Any] = [sent, sorted(scope_state), [*effects]]
    app.state.plain = "p"

    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["state"] = dict(scope_state)
        await app(scope, receive, send)

    for path in (
        "/state",
        "/sub/in/a/b?q=2",
        "/sub/in/a?q=x",
        "/sub/key",
        "/sub/value",
        "/sub/none",
        "/sub",
        "/sub/",
        "/t1/t/page/3",
        "/t1/t/page/x",
        "/t1/t/x",
        "/router/deep/in/1",
        "/bare",
        "/bare/",
        "/openapi.json",
        "/sub/openapi.json",
        "/docs",
        "/proxy/state",
        "/state/",
    ):
        found.append(await get(with_state, path))
    return found
