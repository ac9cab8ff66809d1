"""A chat room in a browser: one WebSocket for each tab, a bounded queue for each socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.background import Stopping
from armillary.http import FileResponse, Request, Response
from armillary.routing import Route, WebSocketRoute
from armillary.websockets import OriginMiddleware, WebSocket, WebSocketDisconnect, WebSocketLimits

from .room import Member, Room, TooSlow

PAGES = Path(__file__).parent / "pages"
LIMITS = WebSocketLimits(max_message_size=4096)
LONGEST_NAME = 24
MEDIA_TYPES = {"chat.html": "text/html", "chat.css": "text/css", "chat.js": "text/javascript"}

room = Room()


def file(name: str) -> Any:
    async def endpoint(request: Request) -> Response:
        return FileResponse(PAGES / name, media_type=MEDIA_TYPES[name], content_disposition_type="inline")

    return endpoint


async def chat(websocket: WebSocket) -> None:
    """Read what this tab says and write the messages of the room, each at its own pace."""
    name = websocket.query_params.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        await websocket.close(1008, f"a name has 1 to {LONGEST_NAME} characters")
        return
    member = Member(name)
    await websocket.accept()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(write, websocket, member)
            room.enter(member)
            async for text in websocket.iter_text():
                if text.strip():
                    room.say(member, text.strip())
            group.cancel_scope.cancel()
    finally:
        room.leave(member)


async def write(websocket: WebSocket, member: Member) -> None:
    try:
        while True:
            await websocket.send_text(await member.next())
    except TooSlow:
        await websocket.close(1013, "messages were not taken fast enough")
    except WebSocketDisconnect:
        pass  # the reader ends by the same disconnect


app = Stopping(
    Armillary(
        routes=[
            Route("/", file("chat.html")),
            Route("/chat.css", file("chat.css")),
            Route("/chat.js", file("chat.js")),
            WebSocketRoute("/chat", chat),
        ],
        middleware=[Middleware(OriginMiddleware)],
    )
)
