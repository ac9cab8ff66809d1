"""HTTP requests, with Starlette's defaults: no limit on the body, JSON of any media type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from armillary.asgi_types import ClientDisconnect, HTTPException, Receive, Scope
from armillary.datastructures import HTTPConnection as NativeHTTPConnection, StateT, parse_cookies, parse_media_type
from armillary.http import PendingForm, Request as NativeRequest, empty_receive, empty_send

from ._private_caches import kept_as
from .datastructures import URL, FormData, Headers
from .formparsers import FormParser, MultiPartException, MultiPartParser

__all__ = [
    "SERVER_PUSH_HEADERS_TO_COPY",
    "ClientDisconnect",
    "HTTPConnection",
    "Request",
    "StateT",
    "cookie_parser",
    "empty_receive",
    "empty_send",
]

SERVER_PUSH_HEADERS_TO_COPY = {"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"}


def cookie_parser(cookie_string: str) -> dict[str, str]:
    """Return the cookies of a Cookie header."""
    return parse_cookies(cookie_string)


class HTTPConnection(NativeHTTPConnection[StateT]):
    """A request or WebSocket as its scope describes it."""

    headers_class = Headers
    url_class = URL
    reversing_owner: ClassVar[str] = "a Starlette application"
    hosts_keep_port: ClassVar[bool] = False

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise AssertionError(f"HTTPConnection takes an http or websocket scope, got {scope['type']!r}")
        super().__init__(scope, receive)

    if not TYPE_CHECKING:
        headers = kept_as("_headers", NativeHTTPConnection.headers)
        url = kept_as("_url", NativeHTTPConnection.url)
        base_url = kept_as("_base_url", NativeHTTPConnection.base_url)
        query_params = kept_as("_query_params", NativeHTTPConnection.query_params)
        cookies = kept_as("_cookies", NativeHTTPConnection.cookies)
        state = kept_as("_state", NativeHTTPConnection.state)

    def parse_cookie_header(self, header: str) -> dict[str, str]:
        return parse_cookies(header)


class Request(NativeRequest[StateT], HTTPConnection[StateT]):
    """An HTTP request."""

    max_body_size: ClassVar[int | None] = None
    rejects_declared_size: ClassVar[bool] = False
    keeps_rest_of_stream: ClassVar[bool] = True
    body_idle_timeout: ClassVar[float | None] = None
    closes_form: ClassVar[bool] = False
    json_media_types_only: ClassVar[bool] = False
    errors_as_text: ClassVar[bool] = True
    json_thread_size: ClassVar[int | None] = None
    handlers_return_responses: ClassVar[bool] = False
    wrong_scope_error: ClassVar[type[Exception]] = AssertionError

    _said_consumed: bool = False

    @property
    def _form(self) -> FormData | None:
        return self.parsed_form

    @_form.setter
    def _form(self, form: FormData | None) -> None:
        self.parsed_form = form

    @property
    def _stream_consumed(self) -> bool:
        """Whether this request read its body, or was said to have."""
        if self._said_consumed or self._streaming:
            return True
        return "_body" in self.__dict__ and self.received_body.body is not None

    @_stream_consumed.setter
    def _stream_consumed(self, consumed: bool) -> None:
        # Reading a complete body that was not kept is the error that Starlette raises.
        self._said_consumed = consumed
        self._streaming = False
        received = self.received_body
        if received.body is None and not received.unread:
            received.complete = received.streaming = consumed

    @property
    def _is_disconnected(self) -> bool:
        """Whether the client is known to have disconnected."""
        return self.received_body.disconnected

    @_is_disconnected.setter
    def _is_disconnected(self, disconnected: bool) -> None:
        self.received_body.disconnected = disconnected

    def decode_json_body(self, body: bytes) -> Any:
        return json.loads(body)

    def form(  # type: ignore[override]
        self,
        *,
        max_files: int | float = 1000,
        max_fields: int | float = 1000,
        max_part_size: int = 2**20,
    ) -> PendingForm:
        """Return the form in the body; await it, or use it with `async with` to have its files closed."""
        limits: Any = {"max_files": max_files, "max_fields": max_fields, "max_part_size": max_part_size}
        return super().form(**limits)

    async def parse_form(self, limits: dict[str, Any]) -> FormData:
        media_type = parse_media_type(self.headers.get("content-type", ""))[0]
        try:
            if media_type == "multipart/form-data":
                return await MultiPartParser(self.headers, self.stream(), **limits).parse()
            if media_type == "application/x-www-form-urlencoded":
                del limits["max_files"]
                return await FormParser(self.headers, self.stream(), **limits).parse()
        except MultiPartException as exc:
            if "app" in self.scope:
                raise HTTPException(400, detail=exc.message) from exc
            raise
        return FormData()
