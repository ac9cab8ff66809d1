"""`starlette.middleware.cors`: the native policy, with all origins and credentials together allowed."""

from __future__ import annotations

from functools import partial
from typing import Any

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.cors import AllowedOrigins, CORSMiddleware as NativeCORSMiddleware, CORSPolicy, Preflight

from ..datastructures import Headers, MutableHeaders
from ..responses import PlainTextResponse, Response

__all__ = ["ALL_METHODS", "SAFELISTED_HEADERS", "CORSMiddleware"]

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
SAFELISTED_HEADERS = {"Accept", "Accept-Language", "Content-Language", "Content-Type"}


class _Origins(AllowedOrigins):
    regex_may_allow_null = True


class _Policy(CORSPolicy):
    allows_any_origin_with_credentials = True


class CORSMiddleware(NativeCORSMiddleware):
    """The native middleware with the methods that subclasses of Starlette's override."""

    origins_class = _Origins
    policy_class = _Policy

    @property
    def allow_all_origins(self) -> bool:
        return self.policy.origins.any

    def is_allowed_origin(self, origin: str) -> bool:
        """Return whether responses may be read by pages of this origin."""
        return self.policy.origins.allow(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the response to a preflight."""
        response = self.policy.preflight_response(
            Preflight(
                request_headers["origin"],
                request_headers["access-control-request-method"],
                request_headers.get("access-control-request-headers"),
                request_headers.get("access-control-request-private-network") == "true",
            )
        )
        fields = {name.decode(): value.decode("latin-1") for name, value in response.headers}
        return PlainTextResponse(response.sentence, status_code=response.status, headers=fields)

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        """Run the application and share its response."""
        await self.app(scope, receive, partial(self.send, send=send, request_headers=request_headers))

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Add the fields to the start of a response, and send it on."""
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            origin = request_headers.get("origin")
            if origin is not None and self.is_allowed_origin(origin):
                for name, value in self.policy.response_headers(origin):
                    headers[name.decode()] = value.decode("latin-1")
                if "access-control-allow-origin" not in headers:
                    self.allow_explicit_origin(headers, origin)
            headers.add_vary_header("Origin")
        await send(message)

    @staticmethod
    def allow_explicit_origin(headers: MutableHeaders, origin: str) -> None:
        """Allow one origin alone to read the response."""
        headers["Access-Control-Allow-Origin"] = origin
        headers.add_vary_header("Origin")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_headers: Any = Headers(scope=scope)
        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in request_headers
        if is_preflight and "origin" in request_headers:
            await self.preflight_response(request_headers)(scope, receive, send)
        else:
            await self.simple_response(scope, receive, send, request_headers)
