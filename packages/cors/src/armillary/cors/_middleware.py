"""The ASGI middleware around the CORS policy."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.exchange import Rejection, reject

from ._origins import AllowedOrigins
from ._policy import CORSPolicy, Preflight
from ._response_fields import ResponseFields

VARY_ALONE = ResponseFields()


class CORSMiddleware:
    """Let pages of other origins read responses, and respond to their preflights.

    Every response says `Vary: Origin`. A preflight that is not allowed gets 400 with the reason;
    any other request reaches the application, and the browser withholds the response from a page
    that may not read it.

    Args:
        app: the application to share.
        allow_origins: origins such as `["https://example.com"]`; `["*"]` for all; none by default.
        allow_methods: by default `("GET",)`; `["*"]` for the usual ones.
        allow_headers: request headers pages may set; `["*"]` for any; by default only those that
            need no permission.
        allow_credentials: whether cookies and HTTP authentication are sent along; False by default.
        allow_origin_regex: allows the origins it matches from start to end, "null" excepted.
        allow_private_network: whether public pages may reach a private network; False by default.
        expose_headers: response headers that pages may read.
        max_age: seconds for which browsers remember a preflight; 600 by default.
        check_websockets: reject WebSocket handshakes from origins that are not allowed, which
            browsers do not do by themselves; False by default.

    Raises:
        TypeError: a string instead of a list; a max_age that is not an integer.
        ValueError: all origins, or a pattern of them all, together with credentials; something that is not an origin.

    Fetch standard, section 3.2 and 4.8; RFC 6454.
    """

    origins_class: type[AllowedOrigins] = AllowedOrigins
    policy_class: type[CORSPolicy] = CORSPolicy

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
        *,
        check_websockets: bool = False,
    ) -> None:
        self.app = app
        self.check_websockets = check_websockets
        self.policy: CORSPolicy = self.policy_class(
            self.origins_class(allow_origins, allow_origin_regex),
            allow_methods,
            allow_headers,
            allow_credentials,
            allow_private_network,
            expose_headers,
            max_age,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"origin":
                    if scope["method"] == "OPTIONS":
                        preflight = read_preflight(scope, value.decode("latin-1"))
                        if preflight is not None:
                            response = self.policy.preflight_response(preflight)
                            rejection = Rejection(response.status, response.sentence, response.headers)
                            await reject(scope, send, rejection, as_text=True)
                            return
                    fields = self.policy.fields_for(value)
                    break
            else:
                fields = VARY_ALONE
            app = self.app
            await app(scope, receive, sharing_send(send, fields))
        elif scope["type"] == "websocket" and self.check_websockets and not self.allows_handshake(scope):
            await reject(scope, send, Rejection(403, "Origin not allowed"))
        else:
            await self.app(scope, receive, send)

    def allows_handshake(self, scope: Scope) -> bool:
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        return all(self.policy.origins.allow(origin.decode("latin-1")) for origin in origins)


def read_preflight(scope: Scope, origin: str) -> Preflight | None:
    """Return the preflight that an OPTIONS request is; None if it requests no method."""
    fields = {name: value.decode("latin-1") for name, value in scope["headers"]}
    method = fields.get(b"access-control-request-method")
    if method is None:
        return None
    return Preflight(
        origin,
        method,
        fields.get(b"access-control-request-headers"),
        fields.get(b"access-control-request-private-network") == "true",
    )


def sharing_send(send: Send, fields: ResponseFields) -> Send:
    """Return a `send` that adds the fields to the start of the response.

    A plain function: it returns what `send` returned to be awaited, without a frame of its own.
    """

    def send_shared(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message = {**message}
            message["headers"] = fields.add_to(message)
        return send(message)

    return send_shared
