"""What is measured: subscribers of one channel, carried over WebSockets by armillary-channels."""

from __future__ import annotations

import os

from armillary.applications import Armillary
from armillary.channels import Channels
from armillary.routing import WebSocketRoute
from armillary.websockets import WebSocket

channels = Channels(os.environ["SCALE_URL"], prefix="scale", queue=1000, timeout=30)


async def live(websocket: WebSocket) -> None:
    await channels.websocket(websocket, "news")


app = Armillary(routes=[WebSocketRoute("/", live)], lifespan=channels.lifespan)
