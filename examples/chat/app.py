"""A chat room in a browser, in one process or many: CHAT_ENGINE=redis://127.0.0.1:6379/0."""

import os
from pathlib import Path

from armillary.background import Stopping
from armillary.channels import Channels
from armillary.web import Armillary, Middleware, Mount, StaticFiles, WebSocket, WebSocketRoute
from armillary.websockets import OriginMiddleware

channels = Channels(os.environ.get("CHAT_ENGINE", "memory://"))
room = channels.presence("chat")


async def say(kind: str, name: str, text: str = "") -> None:
    event = {"kind": kind, "name": name, "text": text.strip(), "here": len(await room.members())}
    await channels.publish("chat", event)


async def chat(websocket: WebSocket) -> None:
    name = websocket.query_params.get("name", "").strip()[:24] or "Somebody"
    async with room.join(name):
        await say("arrival", name)
        await channels.websocket(websocket, "chat", last=50, on_text=lambda text: say("message", name, text))
    await say("departure", name)


routes = [WebSocketRoute("/chat", chat), Mount("/", StaticFiles(directory=Path(__file__).parent / "pages", html=True))]
app = Stopping(Armillary(routes=routes, middleware=[Middleware(OriginMiddleware)], lifespan=channels.lifespan))
