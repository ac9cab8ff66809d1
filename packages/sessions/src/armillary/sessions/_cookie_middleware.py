"""Sessions in a signed cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import HTTPConnection

from ._cookie_header import CookieHeader, SameSite, check_seconds, is_secure, vary_on_cookie
from ._errors import SessionTooLarge
from ._session import Session
from ._signed_cookie import MIN_KEY_LENGTH, SignedCookie

MAX_COOKIE_SIZE = 4096


class SessionMiddleware:
    """Keep the session in a cookie: signed, readable by the visitor, valid until it expires.

    `request.session` (`scope["session"]`) is a `Session`. The cookie is set if the session was
    modified, and removed if it was emptied. A response for which the session was read has
    `Vary: Cookie`. For sessions that can be ended from the server, use `ServerSessionMiddleware`.

    Args:
        app: the application that uses the session.
        secret_key: at least 16 characters; a list to rotate keys, the newest first.
        session_cookie: the cookie's name, "session" by default.
        max_age: seconds a session lives after its last change; 14 days by default, None for as
            long as the browser runs.
        path: the paths below which browsers send the cookie; "/" by default.
        same_site: "lax" (default), "strict" or "none".
        https_only: None (default) makes the cookie `Secure` if the request came over https, or if
            its other attributes need it; True and False set it for all requests.
        domain: None (default) for the host alone.
        partitioned: whether it is kept apart for each embedding site; False by default.

    Raises:
        TypeError: a key that is not text, a max_age that is not an integer.
        ValueError: an empty or short key, a max_age that is not positive, a wrong attribute.
        SessionTooLarge: (at run time) the cookie would be over 4096 bytes.

    RFC 6265.
    """

    session_class: ClassVar[type[Session]] = Session
    min_key_length = MIN_KEY_LENGTH
    max_cookie_size: int | None = MAX_COOKIE_SIZE
    allows_any_max_age = False
    allows_any_cookie = False
    """Whether to allow cookies that browsers would not accept."""

    def __init__(
        self,
        app: ASGIApp,
        secret_key: str | Sequence[str],
        session_cookie: str = "session",
        max_age: int | None = 14 * 24 * 60 * 60,
        path: str = "/",
        same_site: SameSite = "lax",
        https_only: bool | None = None,
        domain: str | None = None,
        partitioned: bool = False,
    ) -> None:
        if not self.allows_any_max_age:
            check_seconds("max_age", max_age)
        many = isinstance(secret_key, list | tuple)
        self.app = app
        self.signed = SignedCookie(secret_key if many else [secret_key], self.min_key_length)  # type: ignore[list-item]
        strict = not self.allows_any_cookie
        self.cookie = CookieHeader(session_cookie, path, same_site, https_only, domain, partitioned, strict)
        self.max_age = max_age

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        data = self.load(scope)
        session = self.session_class(data) if data else self.session_class()
        if "session" in scope:
            scope = dict(scope)  # Outer middleware keeps its session there, and may read it when the response passes.
        scope["session"] = session
        scope_record(scope)["session"] = session

        # A plain function: it returns the awaitable of `send`, without a coroutine of its own.
        def send_with_cookie(message: Message) -> Awaitable[None]:
            if session.accessed and message["type"] in ("http.response.start", "websocket.accept"):
                message = {**message, "headers": self.headers(scope, session, data is not None, message)}
            return send(message)

        await self.app(scope, receive, send_with_cookie)

    def load(self, scope: Scope) -> dict[str, Any] | None:
        for name, _ in scope["headers"]:
            if name == b"cookie":
                value = HTTPConnection[Any](scope).cookies.get(self.cookie.name)
                return None if value is None else self.signed.read(value, self.max_age)
        return None

    def headers(self, scope: Scope, session: Session, had_cookie: bool, message: Message) -> list[tuple[bytes, bytes]]:
        headers = vary_on_cookie(message.get("headers", ()))
        secure = is_secure(scope.get("scheme"))
        if session.modified and not session.is_empty:
            field = self.cookie.set(self.signed.write(session), self.max_age, secure)
            self.check_size(field[1])
            headers.append(field)
        elif session.modified and had_cookie:
            headers.append(self.cookie.remove(secure))
        return headers

    def check_size(self, field: bytes) -> None:
        if self.max_cookie_size is not None and len(field) > self.max_cookie_size:
            raise SessionTooLarge(
                f"the session cookie {self.cookie.name!r} has {len(field)} bytes, browsers drop cookies over "
                f"{self.max_cookie_size}; keep less in the session, or use ServerSessionMiddleware"
            )
