"""Sessions in a signed cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, ClassVar

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import Session, SessionNotSaved, add_list_members
from armillary.exchange import OriginPolicy, guard_accept

from ._cookie_header import STARTS, CookieHeader, SameSite, check_seconds, is_secure
from ._errors import SessionTooLarge
from ._signed_cookie import MIN_KEY_LENGTH, SignedCookie, SignedText, decode, encode, has_containers

MAX_COOKIE_SIZE = 4096

AFTER_HANDSHAKE = (
    "the session is in a cookie, which went with the handshake of this WebSocket; change it before the accept, "
    "or use ServerSessionMiddleware"
)
WITHOUT_RESPONSE = (
    "the session was changed and its WebSocket closed before the accept, which sends no cookie; reject it with a "
    "response (websocket.http.response) or do not change the session"
)


class SessionMiddleware:
    """Keep the session in a cookie: signed, readable by the visitor, valid until it expires.

    `request.session` (`scope["session"]`) is a `Session`. The cookie is set if the session was
    modified, also inside a value, and removed if it was emptied. It is signed for its name, so that no other cookie's
    value is read as this one's. A response for which the session was read has
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
        reads_unnamed_cookies: whether cookies that were signed without their name, as Starlette signs them, are read
            too, and replaced with the response that used them; False by default. Turn it on for one `max_age` to keep
            the sessions of a program that moves here.
        allow_origins: origins, besides the server's own, whose pages may open a WebSocket with a session that is not
            empty, such as "https://app.example.com"; none by default. The handler may allow more.

    Raises:
        TypeError: a key that is not text, a max_age that is not an integer.
        ValueError: an empty or short key, a max_age that is not positive, a wrong attribute.
        SessionTooLarge: (at run time) the cookie would be over 4096 bytes.
        SessionNotSaved: (at run time) the session was changed after the handshake of a WebSocket.

    RFC 6265.
    """

    session_class: ClassVar[type[Session]] = Session
    min_key_length = MIN_KEY_LENGTH
    max_cookie_size: int | None = MAX_COOKIE_SIZE
    signs_for_name = True
    """Whether the key is derived from the cookie's name."""
    finds_changes_inside = True
    """Whether a change inside a value, such as an append to a list, is saved without `mark_modified()`."""
    cookie_messages: ClassVar[tuple[str, ...]] = STARTS
    rejects_late_changes = True
    """Whether a change that a WebSocket makes after its handshake is an error, and not dropped."""
    checks_origins = True
    """Whether a page of another origin is rejected if it opens a WebSocket with a session."""
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
        reads_unnamed_cookies: bool = False,
        allow_origins: Iterable[str] = (),
    ) -> None:
        if not self.allows_any_max_age:
            check_seconds("max_age", max_age)
        strict = not self.allows_any_cookie
        self.cookie: CookieHeader = CookieHeader(
            session_cookie, path, same_site, https_only, domain, partitioned, strict
        )
        many = isinstance(secret_key, list | tuple)
        self.app = app
        keys: Any = secret_key if many else [secret_key]
        name = session_cookie if self.signs_for_name else None
        self.signed: SignedCookie = SignedCookie(
            keys, self.min_key_length, cookie_name=name, reads_unnamed=reads_unnamed_cookies
        )
        self.max_age = max_age
        self.origin_policy: OriginPolicy | None = (
            OriginPolicy(allow_origins, check="always") if self.checks_origins else None
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        value = self.cookie.read(scope)
        loaded = None if value is None else self.signed.unsign(value, self.max_age)
        data = None if loaded is None else decode(loaded.text)
        session = self.session_class(data) if data else self.session_class()
        if "session" in scope:
            scope = dict(scope)  # Outer middleware keeps its session there, and may read it when the response passes.
        scope["session"] = session
        scope_record(scope)["session"] = session

        # A plain function: it returns the awaitable of `send`, without a coroutine of its own.
        def send_with_cookie(message: Message) -> Awaitable[None]:
            if session.accessed and message["type"] in self.cookie_messages:
                message = {**message}
                message["headers"] = self.headers(scope, session, loaded, message)
            return send(message)

        if kind == "websocket":
            await self.run_websocket(scope, receive, send_with_cookie, session)
        else:
            await self.app(scope, receive, send_with_cookie)

    async def run_websocket(self, scope: Scope, receive: Receive, send: Send, session: Session) -> None:
        """Run the application, and raise if it changed the session when no cookie could be sent any more."""
        if self.origin_policy is not None:
            send = guard_accept(scope, send, self.origin_policy)
        if not self.rejects_late_changes:
            await self.app(scope, receive, send)
            return
        saved = encode(session.snapshot())

        def send_and_close_session(message: Message) -> Awaitable[None]:
            nonlocal saved
            sending = send(message)
            if message["type"] in self.cookie_messages:
                session.too_late = AFTER_HANDSHAKE
                saved = encode(session.snapshot())
            return sending

        await self.app(scope, receive, send_and_close_session)
        if session.accessed and encode(session.snapshot()) != saved:
            raise SessionNotSaved(session.too_late or WITHOUT_RESPONSE)

    def headers(
        self, scope: Scope, session: Session, loaded: SignedText | None, message: Message
    ) -> list[tuple[bytes, bytes]]:
        headers = add_list_members(message.get("headers", ()), b"vary", b"Cookie")
        secure = is_secure(scope.get("scheme"))
        changed = session.modified or (loaded is not None and self.must_replace(session, loaded))
        if changed and not session.is_empty:
            field = self.cookie.set(self.signed.write(session), self.max_age, secure)
            self.check_size(field[1])
            headers.append(field)
        elif changed and loaded is not None:
            headers.append(self.cookie.remove(secure))
        return headers

    def must_replace(self, session: Session, loaded: SignedText) -> bool:
        """Return whether a session that no method modified was changed inside, or has an old signature."""
        return loaded.is_old or (
            self.finds_changes_inside and has_containers(loaded.text) and encode(session) != loaded.text
        )

    def check_size(self, field: bytes) -> None:
        if self.max_cookie_size is not None and len(field) > self.max_cookie_size:
            raise SessionTooLarge(
                f"the session cookie {self.cookie.name!r} has {len(field)} bytes, browsers drop cookies over "
                f"{self.max_cookie_size}; keep less in the session, or use ServerSessionMiddleware"
            )
