"""Endpoints as classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armillary.asgi_types import HTTPException
from armillary.http import HTTPEndpoint as NativeHTTPEndpoint

from ._websocket_endpoint import WebSocketEndpoint
from .concurrency import run_in_threadpool
from .requests import Request
from .responses import PlainTextResponse

__all__ = ["HTTPEndpoint", "WebSocketEndpoint"]


class HTTPEndpoint(NativeHTTPEndpoint):
    """Handle a request with the method named after its HTTP method; exceptions are left to the application."""

    request_class = Request
    has_typed_methods = False

    @property
    def _allowed_methods(self) -> list[str]:
        return self.allowed_methods()

    async def dispatch(self) -> None:
        """Call the method for the request and send its response."""
        request = self.request_class(self.scope, self.receive, self.send)
        response = await self.call_handler(request)
        await response(self.scope, self.receive, self.send)

    async def call_in_thread(self, handler: Callable[[Any], Any], request: Any) -> Any:
        """Use the threads of anyio, which wait for a free one without limit."""
        return await run_in_threadpool(handler, request)

    async def method_not_allowed(self, request: Any) -> Any:
        """Raise 405 inside an application, send it elsewhere."""
        headers = {"Allow": ", ".join(self.allowed_methods())}
        if "app" in self.scope:
            raise HTTPException(405, headers=headers)
        return PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
