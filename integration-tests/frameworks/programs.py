"""The same small program in each framework.

`GET /hello` says hello, `POST /echo` sends the body back, `GET /stream` sends `abc` in three parts, `GET /context`
returns the context variable `seen`, `GET /boom` raises `Boom`, and the WebSocket at `/ws` echoes text.
"""

# No `from __future__ import annotations`: these frameworks read annotations where functions are registered, and the
# names in them are imported in the function around.

from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

seen: ContextVar[str] = ContextVar("seen", default="nothing")


class Boom(Exception):
    """Raised by every program at /boom."""


@dataclass(frozen=True, slots=True)
class Program:
    """An application, and what its framework is able to do.

    Attributes:
        app: the ASGI application.
        websockets: whether it has `/ws`.
        raises: whether an exception reaches the server, after the framework's response or instead of it.
        events: what its lifespan recorded; None if the framework has no hook.
        objection: the lint error on its messages; None if they conform to the specification.
        ignores_root_path: whether it routes on the whole path, the root path included.
    """

    app: Any
    websockets: bool = True
    raises: bool = False
    events: list[str] | None = None
    objection: str | None = None
    ignores_root_path: bool = False


async def parts() -> AsyncIterator[bytes]:
    """The body of /stream."""
    for part in (b"a", b"b", b"c"):
        yield part


def bare() -> Program:
    events: list[str] = []

    async def respond(send: Any, *body: bytes, status: int = 200) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        for part in body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] == "lifespan":
            await receive()
            events.append("startup")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            events.append("shutdown")
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
        elif path == "/hello":
            await respond(send, b"hello")
        elif path == "/echo":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            await respond(send, body)
        elif path == "/stream":
            await respond(send, b"a", b"b", b"c")
        elif path == "/context":
            await respond(send, seen.get().encode())
            seen.set("set inside")
        elif path == "/boom":
            raise Boom
        else:
            await respond(send, b"not found", status=404)

    return Program(app, raises=True, events=events)


def fastapi() -> Program:
    from contextlib import asynccontextmanager

    from fastapi import FastAPI, Request, WebSocket
    from fastapi.responses import PlainTextResponse, StreamingResponse
    from starlette.websockets import WebSocketDisconnect

    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        events.append("startup")
        yield {"theirs": "fastapi"}
        events.append("shutdown")

    app = FastAPI(lifespan=lifespan)

    @app.get("/hello", response_class=PlainTextResponse)
    async def hello() -> str:
        return "hello"

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return PlainTextResponse(await request.body())

    @app.get("/stream")
    async def stream() -> Any:
        return StreamingResponse(parts(), media_type="text/plain")

    @app.get("/context", response_class=PlainTextResponse)
    async def context() -> str:
        return seen.get()

    @app.get("/boom")
    async def boom() -> None:
        raise Boom

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            pass

    return Program(app, raises=True, events=events)


def quart() -> Program:
    from quart import Quart, request, websocket

    app = Quart("quart_program")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    events: list[str] = []

    @app.before_serving
    async def startup() -> None:
        events.append("startup")

    @app.after_serving
    async def shutdown() -> None:
        events.append("shutdown")

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.post("/echo")
    async def echo() -> Any:
        return await request.get_data()

    @app.get("/stream")
    async def stream() -> Any:
        return parts(), 200, {"content-type": "text/plain"}

    @app.get("/context")
    async def context() -> str:
        return seen.get()

    @app.get("/boom")
    async def boom() -> None:
        raise Boom

    @app.websocket("/ws")
    async def ws() -> None:
        while True:
            await websocket.send(await websocket.receive())

    return Program(app, events=events)


def litestar() -> Program:
    from litestar import Litestar, MediaType, Request, WebSocket, get, post, websocket as websocket_handler
    from litestar.exceptions import WebSocketDisconnect
    from litestar.response import Stream

    events: list[str] = []

    @get("/hello", media_type=MediaType.TEXT)
    async def hello() -> str:
        return "hello"

    @post("/echo", media_type=MediaType.TEXT, status_code=200)
    async def echo(request: Request[Any, Any, Any]) -> bytes:
        return await request.body()

    @get("/stream")
    async def stream() -> Stream:
        return Stream(parts(), media_type=MediaType.TEXT)

    @get("/context", media_type=MediaType.TEXT)
    async def context() -> str:
        return seen.get()

    @get("/boom")
    async def boom() -> None:
        raise Boom

    @websocket_handler("/ws")
    async def ws(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect:
            pass

    app = Litestar(
        [hello, echo, stream, context, boom, ws],
        on_startup=[lambda: events.append("startup")],
        on_shutdown=[lambda: events.append("shutdown")],
        openapi_config=None,
    )
    return Program(app, events=events)


def falcon() -> Program:
    import falcon as falcon_package
    import falcon.asgi

    class Hello:
        async def on_get(self, req: Any, resp: Any) -> None:
            resp.text = "hello"

    class Echo:
        async def on_post(self, req: Any, resp: Any) -> None:
            resp.data = await req.bounded_stream.read()

    class Stream:
        async def on_get(self, req: Any, resp: Any) -> None:
            resp.stream = parts()

    class Context:
        async def on_get(self, req: Any, resp: Any) -> None:
            resp.text = seen.get()

    class Broken:
        async def on_get(self, req: Any, resp: Any) -> None:
            raise Boom

    class Socket:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            await ws.accept()
            try:
                while True:
                    await ws.send_text(await ws.receive_text())
            except falcon_package.WebSocketDisconnected:
                pass

    events: list[str] = []

    class Lifespan:
        async def process_startup(self, scope: Any, event: Any) -> None:
            events.append("startup")

        async def process_shutdown(self, scope: Any, event: Any) -> None:
            events.append("shutdown")

    app = falcon.asgi.App(middleware=[Lifespan()])
    app.add_route("/hello", Hello())
    app.add_route("/echo", Echo())
    app.add_route("/stream", Stream())
    app.add_route("/context", Context())
    app.add_route("/boom", Broken())
    app.add_route("/ws", Socket())
    return Program(app, events=events, ignores_root_path=True)


def blacksheep() -> Program:
    from blacksheep import (
        Application,
        Content,
        Request,
        Response,
        Router,
        StreamedContent,
        WebSocket,
        WebSocketDisconnectError as Disconnected,
    )

    app = Application(router=Router(), show_error_details=False)
    events: list[str] = []

    @app.on_start
    async def startup(_: Any) -> None:
        events.append("startup")

    @app.on_stop
    async def shutdown(_: Any) -> None:
        events.append("shutdown")

    def text(body: bytes) -> Response:
        return Response(200, content=Content(b"text/plain", body))

    async def hello() -> Response:
        return text(b"hello")

    async def echo(request: Request) -> Response:
        return text(await request.read() or b"")

    async def stream() -> Response:
        return Response(200, content=StreamedContent(b"text/plain", parts))

    async def context() -> Response:
        return text(seen.get().encode())

    async def boom() -> Response:
        raise Boom

    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except Disconnected:
            pass

    for path, function in (("/hello", hello), ("/stream", stream), ("/context", context), ("/boom", boom)):
        app.router.add_get(path, function)
    app.router.add_post("/echo", echo)
    app.router.add_ws("/ws", ws)
    return Program(app, events=events)


def django() -> Program:
    from django.conf import settings

    if not settings.configured:
        import django as django_package

        settings.configure(
            SECRET_KEY="a key of the tests",
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["*"],
            DEBUG=False,
            LOGGING_CONFIG=None,
            DATABASES={},
            MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        )
        django_package.setup()
    from django.core.asgi import get_asgi_application

    return Program(get_asgi_application(), websockets=False, objection="b'Content-Type' has upper-case letters")


def _django_urls() -> list[Any]:
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    async def hello(request: Any) -> Any:
        return HttpResponse("hello")

    @csrf_exempt
    async def echo(request: Any) -> Any:
        return HttpResponse(request.body)

    async def stream(request: Any) -> Any:
        return StreamingHttpResponse(parts(), content_type="text/plain")

    async def context(request: Any) -> Any:
        return HttpResponse(seen.get())

    async def boom(request: Any) -> Any:
        raise Boom

    views = {"hello": hello, "echo": echo, "stream": stream, "context": context, "boom": boom}
    return [path(name, view) for name, view in views.items()]


def __getattr__(name: str) -> Any:
    """Django asks this module for its URL patterns once it is set up."""
    if name == "urlpatterns":
        globals()[name] = _django_urls()
        return globals()[name]
    raise AttributeError(name)


PROGRAMS: dict[str, Callable[[], Program]] = {
    "bare": bare,
    "fastapi": fastapi,
    "quart": quart,
    "litestar": litestar,
    "falcon": falcon,
    "blacksheep": blacksheep,
    "django": django,
}
