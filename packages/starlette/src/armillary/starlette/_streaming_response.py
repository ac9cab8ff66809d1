"""The streaming response whose steps subclasses of Starlette's override."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from armillary import http
from armillary.asgi_types import ClientDisconnect, Receive, Scope, Send
from armillary.exchange import send_raises_after_disconnect

from ._response import Response

_OVERRIDABLE_STEPS = ("listen_for_disconnect", "stream_response")


class StreamingResponse(http.StreamingResponse, Response):
    """A response whose body is produced while it is sent.

    `stream_response` sends it from start to end and `listen_for_disconnect` waits for the client
    to disconnect; a subclass that overrides either is served by both.
    """

    def check_status(self, status_code: object) -> None:
        """Take any."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if any(step in vars(cls) for step in _OVERRIDABLE_STEPS) and "__call__" not in vars(cls):
            cls.__call__ = StreamingResponse.serve_by_steps  # type: ignore[assignment, method-assign]

    async def send_start(self, scope: Scope, send: Send, with_trailers: bool = False) -> None:
        """Send status and headers; a server that raises after a disconnect may do so here."""
        try:
            await super().send_start(scope, send, with_trailers)
        except OSError as exc:
            if scope and send_raises_after_disconnect(scope):
                raise ClientDisconnect from exc
            raise

    async def run_while_connected(
        self, scope: Scope, work: Callable[[], Awaitable[None]], wait_for_disconnect: Callable[[], Awaitable[None]]
    ) -> None:
        """Await `work()`; an older server's `OSError` is raised as it is."""
        try:
            await super().run_while_connected(scope, work, wait_for_disconnect)
        except ClientDisconnect as exc:
            if isinstance(exc.__cause__, OSError) and not send_raises_after_disconnect(scope):
                raise exc.__cause__ from None
            raise

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Return when the client has disconnected."""
        while (await receive())["type"] != "http.disconnect":
            pass

    async def stream_response(self, send: Send) -> None:
        """Send the whole response."""
        await self.send_start({}, send)
        await self.send_body(send)

    async def serve_by_steps(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the response by the steps above, then await the background work."""
        if scope["type"] == "websocket":
            await http.StreamingResponse.__call__(self, scope, receive, send)
            return
        work, disconnect = partial(self.stream_response, send), partial(self.listen_for_disconnect, receive)
        await self.run_while_connected(scope, work, disconnect)
        if self.background is not None:
            await self.background()
