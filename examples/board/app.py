"""A live board: notes and pictures that everybody logged in sees at once, over one process or many.

It runs embedded, or on an engine that BOARD_ENGINE names, such as redis://127.0.0.1:6379/0, with workers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from armillary.authentication import BaseUser, SessionBackend
from armillary.background import Stopping, TaskRetry
from armillary.channels import Channels, EngineUnavailable
from armillary.datastructures import HTTPConnection
from armillary.tasks import (
    EngineUnavailable as TasksUnavailable,
    Tasks,
    TasksMiddleware,
    current_task,
    status_response,
)
from armillary.web import (
    Armillary,
    AuthenticationMiddleware,
    CSRFMiddleware,
    EventSourceResponse,
    FileResponse,
    HTTPException,
    Jinja2Templates,
    JSONResponse,
    Middleware,
    Mount,
    RedirectResponse,
    Request,
    Response,
    Route,
    SessionMiddleware,
    SimpleUser,
    StaticFiles,
    UploadFile,
    WebSocket,
    WebSocketRoute,
    requires,
    run_in_threadpool,
)
from examples.board.pictures import SIZES, make_thumbnail

HERE = Path(__file__).parent
ENGINE = os.environ.get("BOARD_ENGINE", "memory://")
FOLDER = Path(os.environ.get("BOARD_FOLDER", "board-pictures")).resolve()
LONGEST_NAME, LONGEST_NOTE, LARGEST_PICTURE = 24, 280, 10 * 1024 * 1024

channels = Channels(ENGINE, prefix="board")
tasks = Tasks(ENGINE, queue="board")
room = channels.presence("board")
static = StaticFiles(directory=HERE / "assets")
templates = Jinja2Templates(HERE / "templates", static=static)


async def load_user(name: Any) -> BaseUser:
    return SimpleUser(name)


# The log-in: whoever gives a name is let in, as this example is about what comes after it.


async def login(request: Request) -> Response:
    if request.method != "POST":
        return templates.TemplateResponse(request, "login.html", {"longest": LONGEST_NAME})
    async with request.form() as form:
        name = str(form.get("name", "")).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise HTTPException(400, f"A name has 1 to {LONGEST_NAME} characters.")
    request.session["user"] = name
    return RedirectResponse("/", 303)


async def logout(request: Request) -> Response:
    request.session.clear()
    return RedirectResponse("/login", 303)


@requires("authenticated", redirect="login")
async def page(request: Request) -> Response:
    return templates.TemplateResponse(request, "board.html", {"longest": LONGEST_NOTE})


# What is live: a WebSocket, and for networks without them server-sent events; both continue where a client left off.


async def post(user: BaseUser, text: str) -> None:
    if text.strip():
        await channels.publish("board", {"by": user.display_name, "text": text.strip()[:LONGEST_NOTE]})


@requires("authenticated")
async def live(websocket: WebSocket) -> None:
    user, after = websocket.user, websocket.query_params.get("after")
    start: Any = {"after": after} if after else {"last": 50}
    async with room.join(user.display_name):
        await channels.websocket(websocket, "board", on_text=lambda text: post(user, text), cursors=True, **start)


@requires("authenticated")
async def events(request: Request) -> Any:
    stream = channels.events(request, "board", last=50)

    async def while_in_the_room(scope: Any, receive: Any, send: Any) -> None:
        async with room.join(request.user.display_name):
            await stream(scope, receive, send)

    return while_in_the_room


@requires("authenticated")
async def write(request: Request) -> Response:
    await post(request.user, (await request.body()).decode())
    return Response(status_code=204)


@requires("authenticated")
async def here(request: HTTPConnection) -> Response:
    async def names() -> AsyncIterator[list[str]]:
        async for _ in room.changes():
            yield [member.key for member in await room.members()]

    return EventSourceResponse(names())


# Pictures: kept by the request, made small by a worker.


OUTAGES = (EngineUnavailable, TasksUnavailable, OSError)
"""What may be over when a picture is tried again; a file that is no picture never becomes one."""


@tasks.task(name="board.thumbnail", timeout=60, retry=TaskRetry(8, on=OUTAGES))
async def thumbnail(picture: str, by: str) -> None:
    """Make a picture small, in steps that are reported, and pin it to the board."""
    for done, size in enumerate(SIZES):
        await current_task().report({"done": done, "of": len(SIZES)})
        await run_in_threadpool(make_thumbnail, FOLDER / picture, FOLDER / f"{picture}-{size}.webp", size)
    await channels.publish("board", {"by": by, "picture": picture})


@requires("authenticated")
async def upload(request: Request) -> Response:
    picture = uuid4().hex
    async with request.form(max_file_size=LARGEST_PICTURE) as form:
        file = form.get("picture")
        if not isinstance(file, UploadFile):
            raise HTTPException(400, "Send a picture in the field picture.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        await run_in_threadpool((FOLDER / picture).write_bytes, await file.read())
    enqueued = await thumbnail.enqueue(picture, request.user.display_name)
    return JSONResponse({"task": enqueued.id}, 202)


@requires("authenticated")
async def progress(request: Request) -> Response:
    return await status_response(request, tasks.find(request.path_params["task"]), interval=0.1)


@requires("authenticated")
async def picture(request: Request) -> Response:
    file = FOLDER / f"{request.path_params['picture'].hex}-{SIZES[-1]}.webp"
    return FileResponse(file, media_type="image/webp", content_disposition_type="inline")


app = Stopping(
    Armillary(
        routes=[
            Route("/", page),
            Route("/login", login, methods=["GET", "POST"], name="login"),
            Route("/logout", logout, methods=["POST"]),
            WebSocketRoute("/live", live),
            Route("/events", events),
            Route("/here", here),
            Route("/notes", write, methods=["POST"]),
            Route("/pictures", upload, methods=["POST"]),
            Route("/pictures/{picture:uuid}", picture),
            Route("/tasks/{task}", progress),
            Mount("/static", static, name="static"),
        ],
        middleware=[
            Middleware(TasksMiddleware, tasks),
            Middleware(SessionMiddleware, os.environ.get("BOARD_SECRET") or secrets.token_hex(32)),
            Middleware(CSRFMiddleware),
            Middleware(AuthenticationMiddleware, SessionBackend(load_user)),
        ],
        lifespan=channels.lifespan,
    )
)
