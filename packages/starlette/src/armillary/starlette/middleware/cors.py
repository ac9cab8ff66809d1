"""`starlette.middleware.cors`: the native policy, with all origins and credentials together allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.cors import AllowedOrigins, CORSMiddleware as NativeCORSMiddleware, CORSPolicy, Preflight

from .._caution import caution
from ..datastructures import Headers, MutableHeaders
from ..responses import PlainTextResponse, Response

__all__ = ["ALL_METHODS", "SAFELISTED_HEADERS", "CORSMiddleware"]

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
SAFELISTED_HEADERS = {"Accept", "Accept-Language", "Content-Language", "Content-Type"}


class _Origins(AllowedOrigins):
    regex_may_allow_null = True

    def __init__(self, origins: Sequence[str], regex: Any = None) -> None:
        self.origins = origins
        self.any = "*" in origins
        self.named: frozenset[str] = frozenset()
        self._matches = None if regex is None else re.compile(regex).fullmatch
        self.allows_foreign = self.any

    def allow(self, origin: str) -> bool:
        """Return whether the origin is one of those given, or a part of them if they are one string."""
        return super().allow(origin) or origin in self.origins


class _Policy(CORSPolicy):
    allows_any_origin_with_credentials = True
    strict_arguments = False
    rejects_with_all_fields = True

    def allow_headers(self, requested: str | None) -> list[tuple[bytes, bytes]]:
        """Return the field that allows headers; none if any is allowed and none was requested."""
        return [] if self.any_header and requested is None else super().allow_headers(requested)


class CORSMiddleware(NativeCORSMiddleware):
    """The native middleware with the methods that subclasses of Starlette's override."""

    origins_class = _Origins
    policy_class = _Policy

    def __init__(
        self,
        app: ASGIApp,
        allow_origins: Sequence[str] = (),
        allow_methods: Sequence[str] = ("GET",),
        allow_headers: Sequence[str] = (),
        allow_credentials: bool = False,
        allow_origin_regex: str | None = None,
        allow_private_network: bool = False,
        expose_headers: Sequence[str] = (),
        max_age: int = 600,
    ) -> None:
        if isinstance(allow_origins, str) and allow_origins != "*":
            caution(
                "CORSMiddleware: allow_origins is a list of origins, and every part of a string is allowed; "
                f"write [{allow_origins!r}]"
            )
        super().__init__(
            app,
            allow_origins,
            allow_methods,
            allow_headers,
            allow_credentials,
            allow_origin_regex,
            allow_private_network,
            expose_headers or (),
            max_age,
        )
        if isinstance(allow_methods, str) and "*" not in allow_methods:
            self.policy.methods = allow_methods  # every part of it is allowed
        self.allow_origins, self.allow_methods = allow_origins, self.policy.methods
        self.allow_headers = [header.lower() for header in self.policy.headers]
        self.allow_all_headers = self.policy.any_header
        self.allow_credentials = allow_credentials
        self.allow_origin_regex = None if allow_origin_regex is None else re.compile(allow_origin_regex)
        self.allow_private_network = allow_private_network
        self.preflight_explicit_allow_origin = not self.allow_all_origins or allow_credentials

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
            fields: list[tuple[bytes, bytes]] = message.setdefault("headers", [])
            origin = request_headers.get("origin")
            if origin is None and isinstance(fields, list) and not any(name == b"vary" for name, _ in fields):
                message["headers"] = [*fields, (b"vary", b"Origin")]  # as for most requests
                await send(message)
                return
            headers = MutableHeaders(scope=message)
            if origin is not None and self.is_allowed_origin(origin):
                for name, value in self.policy.response_headers(origin):
                    headers[name.decode()] = value.decode("latin-1")
                if "access-control-allow-origin" not in headers:
                    self.allow_explicit_origin(headers, origin)
            elif origin is not None:
                for name, value in self.policy.simple_fields:
                    headers[name.decode()] = value.decode("latin-1")
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
