"""WebSockets with dependencies that yield, and what ends them."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from driving import get, note, talk, text  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from fastapi.exceptions import WebSocketRequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse


async def run() -> Any:
    app = FastAPI()
    router = APIRouter(prefix="/r", dependencies=[Depends(lambda: note("router"))])

    async def yielding(token: Annotated[str, Query(min_length=2)], n: int = 0) -> AsyncIterator[str]:
        note("enter")
        try:
            yield token * n
        except Exception as exc:
            note(f"in dependency {type(exc).__name__}")
            raise
        finally:
            note("exit")

    def sync_yielding(x: Annotated[int | None, Header()] = None) -> Iterator[Any]:
        note("enter sync")
        yield x
        note("exit sync")

    @app.websocket("/plain/{name}")
    async def plain(
        websocket: WebSocket,
        name: int,
        value: Annotated[str, Depends(yielding)],
        x: Annotated[Any, Depends(sync_yielding)],
        c: Annotated[str | None, Cookie()] = None,
    ) -> None:
        await websocket.accept()
        await websocket.send_json([name, value, x, c])
        async for message in websocket.iter_text():
            if message == "http":
                raise HTTPException(409, "conflict")
            if message == "ws":
                raise WebSocketException(4001, "mine")
            if message == "value":
                raise ValueError("x")
            await websocket.send_text(message.upper())

    @router.websocket("/reject")
    async def reject(websocket: WebSocket) -> None:
        raise HTTPException(403, {"no": 1}, headers={"x-a": "b"})

    @router.websocket("/close")
    async def close(websocket: WebSocket) -> None:
        raise WebSocketException(4002, "early")

    @router.websocket("/lost")
    async def lost(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                note(await websocket.receive_text())
        except WebSocketDisconnect as exc:
            note(f"{exc.code} {exc.reason} {exc}")
            raise

    @router.websocket("/respond")
    async def respond(websocket: WebSocket) -> None:
        await websocket.send_denial_response(JSONResponse({"a": 1}, 418))

    @router.websocket("/background")
    async def background(websocket: WebSocket, tasks: BackgroundTasks) -> None:
        tasks.add_task(note, "task")
        await websocket.accept()
        await websocket.close()

    app.include_router(router, prefix="/p", dependencies=[Depends(sync_yielding)])
    found = []
    for target in (
        "/plain/1?token=ab&n=2",
        "/plain/x?token=a",
        "/plain/1",
        "/none",
        "/p/r/reject",
        "/p/r/close",
        "/p/r/lost",
        "/p/r/respond",
        "/p/r/background",
    ):
        for word in ("hello", "http", "ws", "value"):
            found.append(await talk(app, target, text(word), x="5", cookie="c=d"))

    @app.exception_handler(HTTPException)
    async def on_http(connection: Any, exc: HTTPException) -> Any:
        note(f"handler {exc.status_code}")
        return PlainTextResponse("h", 477)

    @app.exception_handler(WebSocketRequestValidationError)
    async def on_invalid(websocket: WebSocket, exc: WebSocketRequestValidationError) -> None:
        note(f"invalid {len(exc.errors())}")
        await websocket.close(4400, "invalid")

    @app.exception_handler(ValueError)
    async def on_value(websocket: WebSocket, exc: ValueError) -> None:
        note("value")
        await websocket.close(4500)

    app.middleware_stack = None
    for target in ("/plain/1?token=ab&n=2", "/plain/x?token=a", "/p/r/reject", "/p/r/close"):
        for word in ("http", "ws", "value"):
            found.append(await talk(app, target, text(word)))
    app.dependency_overrides[yielding] = lambda: "overridden"
    found.append(await talk(app, "/plain/1", text("a")))
    found.append(await get(app, "/plain/1"))
    return found
