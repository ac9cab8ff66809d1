"""Sessions in a store, with only an id in the cookie."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import HTTPConnection

from ._cookie_header import CookieHeader, Header, SameSite, check_seconds, is_secure, vary_on_cookie
from ._errors import SessionConflict, StoreUnavailable
from ._server_session import ServerSession
from ._store import SessionStore, StoredSession

ID_BYTES = 32
MAX_SAVE_ATTEMPTS = 10
STORE_METHODS = ("load", "save", "delete")
TOUCH_THRESHOLD = 0.1
"""A session that is only read is saved again when this share of its idle time has passed."""


class ServerSessionMiddleware:
    """Keep the session in a store. It can be ended at once, and what it holds stays on the server.

    The session is loaded before the application runs if the request has the cookie, and saved
    before the response starts, so that a client never sees success for a session that was not
    saved. An id that the store does not know is never adopted. If the store cannot be reached, the
    response is 503 and the cookie stays.

    Args:
        app: the application that uses the session.
        store: such as `MemoryStore()`, `FileStore(directory)`, `RedisStore(url)`, `SQLStore(url)`.
        session_cookie: the cookie's name, "session" by default.
        idle_timeout: seconds after which an unused session ends; 14 days by default.
        absolute_timeout: seconds after which any session ends; 90 days by default, None for never.
        path, same_site, https_only, domain, partitioned: as for `SessionMiddleware`.

    Raises:
        TypeError: a store without its methods, a timeout that is not an integer.
        ValueError: a timeout that is not positive, a wrong attribute of the cookie.
        SessionConflict: (at run time) other requests changed the session ten times in between.

    RFC 6265.
    """

    def __init__(
        self,
        app: ASGIApp,
        store: SessionStore,
        session_cookie: str = "session",
        *,
        idle_timeout: int = 14 * 24 * 60 * 60,
        absolute_timeout: int | None = 90 * 24 * 60 * 60,
        path: str = "/",
        same_site: SameSite = "lax",
        https_only: bool | None = None,
        domain: str | None = None,
        partitioned: bool = False,
    ) -> None:
        check_seconds("idle_timeout", idle_timeout)
        check_seconds("absolute_timeout", absolute_timeout)
        if isinstance(store, type) or not all(callable(getattr(store, name, None)) for name in STORE_METHODS):
            raise TypeError(f"store has the methods load, save and delete, as MemoryStore() has; got {store!r}")
        self.app = app
        self.store = store
        self.cookie = CookieHeader(session_cookie, path, same_site, https_only, domain, partitioned)
        self.idle_timeout = idle_timeout
        self.absolute_timeout = absolute_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_session = RequestSession(self, scope)
        try:
            await request_session.load()
        except StoreUnavailable:
            await send_unavailable(scope, send)
            return
        if "session" in scope:
            scope = dict(scope)  # Outer middleware keeps its session there, and may read it when the response passes.
        scope["session"] = request_session.session
        scope_record(scope)["session"] = request_session.session
        unavailable = False

        async def send_with_cookie(message: Message) -> None:
            nonlocal unavailable
            if unavailable:
                return
            if message["type"] in ("http.response.start", "websocket.accept"):
                try:
                    headers = await request_session.save(message.get("headers", ()))
                except StoreUnavailable:
                    unavailable = True
                    await send_unavailable(scope, send)
                    return
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_cookie)


class RequestSession:
    """The session of one request: loaded before the application runs, saved before the response."""

    def __init__(self, middleware: ServerSessionMiddleware, scope: Scope) -> None:
        self._middleware = middleware
        self._store = middleware.store
        self._secure = is_secure(scope.get("scheme"))
        self._id = HTTPConnection[Any](scope).cookies.get(middleware.cookie.name)
        self._stored: StoredSession | None = None
        self.session = ServerSession()

    async def load(self) -> None:
        if self._id is None:
            return
        stored = await self._store.load(hash_id(self._id))
        if stored is not None and self.lifetime(stored.created) > 0:
            self._stored = stored
            self.session = ServerSession(stored.data)

    def lifetime(self, created: float) -> int:
        """Return the seconds a session that began then may still live."""
        limit = self._middleware.absolute_timeout
        left = self._middleware.idle_timeout
        return left if limit is None else min(left, math.ceil(created + limit - time.time()))

    async def save(self, headers: Any) -> list[Header]:
        """Save what changed; return the headers of the response with those of the session."""
        session = self.session
        if not session.accessed:
            return list(headers)
        fields = vary_on_cookie(headers)
        if session.destroyed or (session.modified and session.is_empty):
            await self.delete()
            return [*fields, self._middleware.cookie.remove(self._secure)] if self._id is not None else fields
        changed = session.modified or session.changed_inside
        if self._stored is None or session.rotated:
            changed = changed and await self.move()
        elif changed or self.is_touch_due(self._stored):
            # A missing one was ended or moved by another request, whose response has the cookie.
            changed = await self.update(self._stored)
        return [*fields, self.set_cookie()] if changed else fields

    def is_touch_due(self, stored: StoredSession) -> bool:
        return time.time() - stored.touched > self._middleware.idle_timeout * TOUCH_THRESHOLD

    def set_cookie(self) -> Header:
        return self._middleware.cookie.set(self._id or "", self._middleware.idle_timeout, self._secure)

    async def delete(self) -> None:
        if self._id is not None:
            await self._store.delete(hash_id(self._id))

    async def move(self) -> bool:
        """Store the session under a new id, with the changes others made meanwhile, and delete the old one.

        If the session was ended meanwhile, only what this request set itself is stored; return
        False if that is nothing.
        """
        now = time.time()
        data, created = "{}", now
        if self._stored is not None and self._id is not None:
            latest = await self._store.load(hash_id(self._id))
            if latest is not None:
                data, created = latest.data, latest.created
            elif self.session.merged_into(data) == data:
                return False
        new_id = secrets.token_urlsafe(ID_BYTES)
        session = StoredSession(self.session.merged_into(data), new_version(), created, now)
        key = hash_id(new_id)
        if not await self._store.save(key, session, None, self.lifetime(created)) and (
            await self._store.load(key) != session  # it was saved, but the reply was lost
        ):
            raise SessionConflict("a new session id is taken; the store returns wrong results")
        if self._stored is not None:
            await self.delete()
        self._id = new_id
        return True

    async def update(self, stored: StoredSession) -> bool:
        """Apply the changes to what is stored by now; return False if nothing is stored any more."""
        key = hash_id(self._id or "")
        latest: StoredSession | None = stored
        for _ in range(MAX_SAVE_ATTEMPTS):
            if latest is None:
                return False
            data = self.session.merged_into(latest.data)
            session = StoredSession(data, new_version(), latest.created, time.time())
            if await self._store.save(key, session, latest.version, self.lifetime(latest.created)):
                return True
            latest = await self._store.load(key)
        raise SessionConflict(
            f"other requests changed the session {MAX_SAVE_ATTEMPTS} times while this one tried to save it"
        )


def hash_id(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogateescape")).hexdigest()


def new_version() -> str:
    return secrets.token_hex(8)


async def send_unavailable(scope: Scope, send: Send) -> None:
    """Send a 503; a WebSocket is rejected, or closed with 1013 "try again later"."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013, "reason": "Sessions are unavailable"})
        return
    body = b"Sessions are unavailable; try again in a moment"
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"retry-after", b"5"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
