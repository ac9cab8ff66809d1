"""Sessions in a store, with only an id in the cookie."""

from __future__ import annotations

from collections.abc import Iterable

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import add_list_members
from armillary.exchange import OriginPolicy, Rejection, guard_accept, reject

from ._cookie_header import STARTS, CookieHeader, Header, SameSite, check_seconds, is_secure
from ._errors import SessionConflict, StoreUnavailable
from ._request_session import Lifetimes, RequestSession, SaveOutcome
from ._store import SessionStore

STORE_METHODS = ("load", "save", "delete")

UNAVAILABLE = Rejection(
    503, "Sessions are unavailable; try again in a moment", [(b"retry-after", b"5")], close_code=1013
)
CONFLICT = Rejection(
    503,
    "Too many requests change this session at once; try again in a moment",
    [(b"retry-after", b"1")],
    close_code=1013,
)


class ServerSessionMiddleware:
    """Keep the session in a store. It can be ended at once, and what it holds stays on the server.

    The session is loaded before the application runs if the request has the cookie, and saved
    before the response starts, so that a client never sees success for a session that was not
    saved. An id that the store does not know is never adopted. If the store cannot be reached, the
    response is 503 and the cookie stays. Requests that change one session at once try again until all
    are saved; one that does not succeed within `save_timeout` gets a 503, and nothing it set is saved.
    A WebSocket saves its session before the accept and when it ends, and whenever it awaits `session.save()`.

    Args:
        app: the application that uses the session.
        store: such as `MemoryStore()`, `FileStore(directory)`, `RedisStore(url)`, `SQLStore(url)`.
        session_cookie: the cookie's name, "session" by default.
        idle_timeout: seconds after which an unused session ends; 14 days by default.
        absolute_timeout: seconds after which any session ends; 90 days by default, None for never.
        save_timeout: seconds to keep trying while other requests change the same session; 10 by default.
        path, same_site, https_only, domain, partitioned, allow_origins: as for `SessionMiddleware`.

    Raises:
        TypeError: a store without its methods, a timeout that is not an integer.
        ValueError: a timeout that is not positive, a wrong attribute of the cookie.

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
        save_timeout: float = 10.0,
        path: str = "/",
        same_site: SameSite = "lax",
        https_only: bool | None = None,
        domain: str | None = None,
        partitioned: bool = False,
        allow_origins: Iterable[str] = (),
    ) -> None:
        check_seconds("idle_timeout", idle_timeout)
        check_seconds("absolute_timeout", absolute_timeout)
        if not isinstance(save_timeout, int | float) or isinstance(save_timeout, bool):
            raise TypeError(f"save_timeout is a number of seconds, got {save_timeout!r}")
        if not save_timeout > 0:
            raise ValueError(f"save_timeout is in seconds, above 0; got {save_timeout!r}")
        if isinstance(store, type) or not all(callable(getattr(store, name, None)) for name in STORE_METHODS):
            raise TypeError(f"store has the methods load, save and delete, as MemoryStore() has; got {store!r}")
        self.app = app
        self.store = store
        self.cookie: CookieHeader = CookieHeader(session_cookie, path, same_site, https_only, domain, partitioned)
        self.lifetimes: Lifetimes = Lifetimes(idle_timeout, absolute_timeout)
        self.save_timeout = save_timeout
        self.origin_policy: OriginPolicy = OriginPolicy(allow_origins, check="always")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        current = RequestSession(self.store, self.lifetimes, self.save_timeout, self.cookie.read(scope))
        try:
            await current.load()
        except StoreUnavailable:
            await reject(scope, send, UNAVAILABLE, receive)
            return
        if "session" in scope:
            scope = dict(scope)  # Outer middleware keeps its session there, and may read it when the response passes.
        scope["session"] = current.session
        scope_record(scope)["session"] = current.session
        is_rejected = False

        async def send_with_cookie(message: Message) -> None:
            nonlocal is_rejected
            if is_rejected:
                return
            if message["type"] in STARTS and not current.is_started:
                try:
                    headers = await self.save(current, scope, message)
                except (StoreUnavailable, SessionConflict) as exc:
                    is_rejected = True
                    await reject(scope, send, CONFLICT if isinstance(exc, SessionConflict) else UNAVAILABLE)
                    return
                message = {**message, "headers": headers}
            await send(message)

        if scope["type"] == "http":
            await self.app(scope, receive, send_with_cookie)
            return
        try:
            await self.app(scope, receive, guard_accept(scope, send_with_cookie, self.origin_policy))
        except Exception:
            # Most often the disconnect of the client, for which each framework has an exception of its own.
            await self.save_at_end(current, is_rejected)
            raise
        await self.save_at_end(current, is_rejected)

    async def save_at_end(self, current: RequestSession, is_rejected: bool) -> None:
        """Save what a WebSocket changed after its handshake."""
        if not is_rejected:
            current.is_started = True
            await current.save()

    async def save(self, current: RequestSession, scope: Scope, message: Message) -> list[Header]:
        """Save what changed; return the headers of the response with those of the session."""
        had_id, secure = current.id is not None, is_secure(scope.get("scheme"))
        try:
            outcome = await current.save()
        finally:
            # What a failed save leaves is not saved with the response to the error.
            current.is_started = True
        headers = message.get("headers", ())
        if not current.session.accessed:
            return list(headers)
        fields = add_list_members(headers, b"vary", b"Cookie")
        if outcome is SaveOutcome.SAVED:
            fields.append(self.cookie.set(current.id or "", self.lifetimes.idle, secure))
        elif outcome is SaveOutcome.EMPTIED and had_id:
            fields.append(self.cookie.remove(secure))
        return fields
