"""The streaming response whose steps subclasses of Starlette's override."""

from __future__ import annotations

from functools import partial

from asterism import http
from asterism.asgi_types import Receive, Scope, Send

from ._response import Response


class StreamingResponse(http.StreamingResponse, Response):
    """A response whose body is produced while it is sent.

    `stream_response` sends it from start to end and `listen_for_disconnect` waits for the client
    to go; where a subclass has its own, these are used.
    """

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Return when the client is gone."""
        while (await receive())["type"] != "http.disconnect":
            pass

    async def stream_response(self, send: Send) -> None:
        """Send the whole response."""
        await self.send_start({}, send)
        await self.send_body(send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response as its content is produced, then await the background work."""
        own = (StreamingResponse.stream_response, StreamingResponse.listen_for_disconnect)
        cls = type(self)
        if scope["type"] == "websocket" or (cls.stream_response, cls.listen_for_disconnect) == own:
            await super().__call__(scope, receive, send)
            return
        work, gone = partial(self.stream_response, send), partial(self.listen_for_disconnect, receive)
        await self.run_while_connected(scope, work, gone)
        if self.background is not None:
            await self.background()
