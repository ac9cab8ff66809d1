"""Reject changes that another site's page makes with this site's cookies."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Iterable, Sequence

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import Headers, add_list_members, is_token, requested_host
from armillary.exchange import OriginPolicy, Rejection, check_origin, reject, start_headers

from . import _csrf_token as tokens
from ._csrf_policy import BROWSER_SCHEMES, Authority, CSRFPolicy, RequestMetadata
from ._csrf_secret import CSRFSecret
from ._form_field import find_field

logger = logging.getLogger("armillary.security")

SEARCHED_BYTES = 64 * 1024


class CSRFMiddleware:
    """Reject cross-site requests that change something with 403.

    Decides by Sec-Fetch-Site and Origin, which every current browser sends. A browser that sends
    neither must send back the token that it finds in the page: `csrf_token(scope)`, in a form field
    (within the first 64 KiB of the body) or a header. Its secret is in the session if there is one,
    for which a session middleware must be outside of this one, else in a cookie. A request without
    cookies that carries a token in Authorization acts for no browser's user, and passes.

    What is rejected is logged to "armillary.security" with the reason and what would let it pass.

    A WebSocket handshake with a cookie or Authorization is rejected if its Origin is neither the server's own
    nor trusted; one without an Origin is not from a browser, and passes.

    Args:
        app: the application to protect.
        trusted_origins: other origins whose pages may send, such as "https://admin.example.com".
        exempt: paths that are not protected: "/webhooks/pay", or "/webhooks/*" for all below. They
            are compared exactly.
        cookie_name: by default "csrftoken"; over https with the prefix `__Host-`.
        header_name: by default "x-csrf-token".
        field_name: by default "csrf_token".

    Raises:
        TypeError: a string instead of a list.
        ValueError: an origin with a path or without a scheme; a path that is not absolute; an
            invalid name.

    Fetch Metadata Request Headers, RFC 6454 (Origin), RFC 6455 section 10.2.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted_origins: Sequence[str] = (),
        exempt: Sequence[str] = (),
        cookie_name: str = "csrftoken",
        header_name: str = "x-csrf-token",
        field_name: str = "csrf_token",
    ) -> None:
        for parameter, name in (("cookie_name", cookie_name), ("header_name", header_name), ("field_name", field_name)):
            if not is_token(name):
                raise ValueError(f"{parameter} {name!r} is not a valid name; use letters, digits, '-' and '_'")
        self.app = app
        self.policy: CSRFPolicy = CSRFPolicy(trusted_origins, exempt)
        self.origin_policy: OriginPolicy = OriginPolicy(trusted_origins)
        self.cookie_name = cookie_name
        self.header_name: str = header_name.lower()
        self.field_name = field_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket" and not self.allows_handshake(scope):
                await reject(scope, send, Rejection(403, "Cross-site WebSocket rejected"), receive)
            else:
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secret = CSRFSecret(scope, self.cookie_name)
        scope_record(scope)["csrf_field"] = self.field_name
        metadata = read_request_metadata(scope, headers)
        decision = self.policy.decide(metadata)
        reason = "a page of another site sent it; if that site is yours, name its origin in trusted_origins=[...]"
        if decision == "check the token":
            token, receive = await self.find_token(headers, receive)
            decision = "allow" if secret.matches(token) else "reject"
            reason = self.token_fault(token, secret)
        if decision == "reject":
            logger.warning(
                "%.20r %.200r was rejected: %s (Sec-Fetch-Site %.50r, Origin %.200r)",
                metadata.method,
                metadata.path,
                reason,
                metadata.fetch_site,
                metadata.origin,
            )
            await reject(scope, send, Rejection(403, "Cross-site request rejected: reload the page and try again"))
            return
        await self.app(scope, receive, issuing_send(scope, send, secret))

    def allows_handshake(self, scope: Scope) -> bool:
        """Return whether a page of this site, or none, opens a WebSocket; what is exempt is not checked."""
        return self.policy.is_exempt(scope["path"]) or check_origin(scope, self.origin_policy, "trusted_origins")

    def token_fault(self, token: str | None, secret: CSRFSecret) -> str:
        """Return what is wrong with a token that does not match, for whoever wrote the page."""
        if token is None:
            return (
                "it does not say which page sent it, as browsers do, and has no token: put csrf_field() into the form, "
                f"or send csrf_token(scope) in the header {self.header_name}"
            )
        if not secret.known:
            return "the cookie or session of its token did not come with it"
        return "its token is of another session, such as that of before the log-in"

    async def find_token(self, headers: Headers, receive: Receive) -> tuple[str | None, Receive]:
        """Return the token of the header or the form, and a `receive` that replays the body."""
        token = headers.get(self.header_name)
        if token is not None:
            return token, receive
        messages: deque[Message] = deque()
        body = bytearray()
        while len(body) < SEARCHED_BYTES:
            message = await receive()
            messages.append(message)
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                break

        async def receive_again() -> Message:
            return messages.popleft() if messages else await receive()

        return find_field(bytes(body[:SEARCHED_BYTES]), self.field_name), receive_again


def issuing_send(scope: Scope, send: Send, secret: CSRFSecret) -> Send:
    """Put a token in the record, and return a `send` that gives the visitor its secret with a page that may hold it.

    That is every HTML page, and any response before which `csrf_token` was called. It varies with the cookie.
    """
    kept = secret.known or tokens.new_secret()
    record = scope_record(scope)
    record["csrf_token"] = tokens.mask(kept)
    record.pop("csrf_token_read", None)

    def send_issued(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            headers = start_headers(message)
            if record.get("csrf_token_read") or is_html(headers):
                added = [] if secret.known else secret.keep(kept)
                message = {**message, "headers": add_list_members([*headers, *added], b"vary", b"Cookie")}
        return send(message)

    return send_issued


def is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.lower().startswith(b"text/html") for name, value in headers)


def read_request_metadata(scope: Scope, headers: Headers) -> RequestMetadata:
    host = requested_host(scope["headers"])
    scheme = scope.get("scheme", "http")
    own_origin = ""
    if host is not None:
        default_port = 443 if scheme == "https" else 80
        port = "" if host.port in (None, default_port) else f":{host.port}"
        own_origin = f"{scheme}://{host.host}{port}"
    return RequestMetadata(
        method=scope["method"],
        path=scope["path"],
        fetch_site=headers.get("sec-fetch-site"),
        origin=headers.get("origin"),
        own_origin=own_origin,
        authority=read_authority(headers),
    )


def read_authority(headers: Headers) -> Authority:
    """Return whose authority a request has: that of a browser's user, of a token that a program holds, or none."""
    scheme = headers.get("authorization", "").strip().partition(" ")[0].lower()
    if "cookie" in headers or scheme in BROWSER_SCHEMES:
        return "browser"
    return "program" if scheme else "none"
