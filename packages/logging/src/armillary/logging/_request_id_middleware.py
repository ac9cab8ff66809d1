"""An id for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record

from ._request_id import RequestIDPolicy, new_request_id, reset_request_id, set_request_id

START_TYPES: Final = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class RequestIDMiddleware:
    """Give every request and every WebSocket an id.

    The application finds it in `current_request_id`, in `scope["armillary"]["request_id"]`, and the
    client in the response. An id that outer middleware has set is kept.

    Args:
        app: the application to serve.
        header: the header for ids in requests and responses; "X-Request-ID" by default.
        accept: keep a well-formed id that the request brings; True by default. Set False if clients
            must not choose what your logs are searched by.
        respond: add the id to the response, unless the application does; True by default.
        generate: a function returning a new id; by default 32 hexadecimal digits.

    Raises:
        TypeError: `generate` is not callable.
        ValueError: `header` is not a valid header name.
    """

    def __init__(
        self,
        app: ASGIApp,
        header: str = "X-Request-ID",
        accept: bool = True,
        respond: bool = True,
        generate: Callable[[], str] = new_request_id,
    ) -> None:
        self.app = app
        self.policy: RequestIDPolicy = RequestIDPolicy(header, accept, respond, generate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope_type = scope["type"]
        if scope_type != "http" and scope_type != "websocket":
            await self.app(scope, receive, send)
            return
        record = scope_record(scope)
        if "request_id" in record:
            await self.app(scope, receive, send)
            return
        policy = self.policy
        request_id = record["request_id"] = policy.choose(scope["headers"])
        if policy.respond:
            send = naming_send(send, policy, request_id)
        token = set_request_id(request_id)
        try:
            await self.app(scope, receive, send)
        finally:
            reset_request_id(token)


def naming_send(send: Send, policy: RequestIDPolicy, request_id: str) -> Send:
    """Return a `send` that adds the id to the start of the response."""

    def send_named(message: Message) -> Awaitable[None]:
        return send(policy.named(message, request_id) if message["type"] in START_TYPES else message)

    return send_named
