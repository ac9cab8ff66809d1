"""Reject changes that another site's page makes with this site's cookies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import Headers, is_token, parse_cookies, parse_host
from armillary.exchange import Rejection, reject

from . import _csrf_token as tokens
from ._csrf_policy import SAFE_METHODS, CSRFPolicy, RequestMetadata
from ._form_field import find_field

SEARCHED_BYTES = 64 * 1024


class CSRFMiddleware:
    """Reject cross-site requests that change something with 403.

    Decides by Sec-Fetch-Site and Origin, which every current browser sends. A browser that sends
    neither must send back the token that it finds in the page: `scope["armillary"]["csrf_token"]`,
    in a form field (within the first 64 KiB of the body) or a header. The secret is in a cookie,
    set with the first HTML page.

    Args:
        app: the application to protect.
        trusted_origins: other origins whose pages may send, such as "https://admin.example.com".
        exempt: paths that are not protected: "/webhooks/pay", or "/webhooks/*" for all below.
        cookie_name: by default "csrftoken"; over https with the prefix `__Host-`.
        header_name: by default "x-csrf-token".
        field_name: by default "csrf_token".

    Raises:
        TypeError: a string instead of a list.
        ValueError: an origin with a path or without a scheme; a path that is not absolute; an
            invalid name.

    Fetch Metadata Request Headers, RFC 6454 (Origin).
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
        self.policy = CSRFPolicy(trusted_origins, exempt)
        self.cookie_name = cookie_name
        self.header_name = header_name.lower()
        self.field_name = field_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secret = self.find_secret(scope, headers)
        decision = self.policy.decide(read_request_metadata(scope, headers))
        if decision == "check the token":
            token, receive = await self.find_token(headers, receive)
            decision = "allow" if secret and token and tokens.matches(token, secret) else "reject"
        if decision == "reject":
            await reject(scope, send, Rejection(403, "Cross-site request rejected: reload the page and try again"))
            return
        if scope["method"] in SAFE_METHODS:
            send = self.issue_token(scope, send, secret)
        await self.app(scope, receive, send)

    def find_secret(self, scope: Scope, headers: Headers) -> str | None:
        secret = parse_cookies(headers.get("cookie", "")).get(self.full_cookie_name(scope), "")
        return secret if tokens.is_secret(secret) else None

    def full_cookie_name(self, scope: Scope) -> str:
        return f"__Host-{self.cookie_name}" if scope.get("scheme") == "https" else self.cookie_name

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

    def issue_token(self, scope: Scope, send: Send, secret: str | None) -> Send:
        """Put a token in the record; an HTML page sets the secret's cookie if the client lacks it.

        Every HTML page may contain the token, and so varies with the cookie.
        """
        kept = secret or tokens.new_secret()
        scope_record(scope)["csrf_token"] = tokens.mask(kept)
        cookie = f"{self.full_cookie_name(scope)}={kept}; path=/; SameSite=lax; HttpOnly"
        cookie += "; Secure" if scope.get("scheme") == "https" else ""

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers):
                    if secret is None:
                        headers.append((b"set-cookie", cookie.encode("latin-1")))
                    if not varies_on_cookie(headers):
                        headers.append((b"vary", b"Cookie"))
                    message = {**message, "headers": headers}
            await send(message)

        return send_with_cookie


def varies_on_cookie(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    named = b",".join([value for name, value in headers if name == b"vary"]).lower()
    return any(item.strip() in (b"cookie", b"*") for item in named.split(b","))


def read_request_metadata(scope: Scope, headers: Headers) -> RequestMetadata:
    host = parse_host(headers.get("host", ""))
    scheme = scope.get("scheme", "http")
    own_origin = ""
    if host is not None and len(headers.getlist("host")) == 1:
        default_port = 443 if scheme == "https" else 80
        port = "" if host.port in (None, default_port) else f":{host.port}"
        own_origin = f"{scheme}://{host.host}{port}"
    return RequestMetadata(
        method=scope["method"],
        path=scope["path"],
        fetch_site=headers.get("sec-fetch-site"),
        origin=headers.get("origin"),
        own_origin=own_origin,
        has_cookie="cookie" in headers,
    )
