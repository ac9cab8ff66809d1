"""`starlette.middleware.sessions`: any key and cookie, `Secure` only with `https_only`."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from armillary.asgi_types import ASGIApp
from armillary.config import Secret as NativeSecret
from armillary.sessions import Session as NativeSession, SessionMiddleware as NativeSessionMiddleware

__all__ = ["Session", "SessionMiddleware"]


SameSite: TypeAlias = Literal["lax", "strict", "none"]


class Session(NativeSession):
    """The native session, in which popping a missing key is not an access."""

    def pop(self, key: str, *default: Any) -> Any:
        before = self.accessed, self.modified
        self.modified = False
        try:
            return super().pop(key, *default)
        finally:
            if not self.modified:  # the key was missing
                self.accessed, self.modified = before


class SessionMiddleware(NativeSessionMiddleware):
    """The native middleware under Starlette's defaults."""

    session_class = Session
    min_key_length = 0
    max_cookie_size = None
    signs_for_name = False
    finds_changes_inside = False
    cookie_messages = ("http.response.start", "websocket.accept")
    rejects_late_changes = False
    checks_origins = False
    allows_any_max_age = True
    allows_any_cookie = True

    def __init__(
        self,
        app: ASGIApp,
        secret_key: str,
        session_cookie: str = "session",
        max_age: int | None = 14 * 24 * 3600,
        path: str = "/",
        same_site: SameSite = "lax",
        https_only: bool = False,
        domain: str | None = None,
        partitioned: bool = False,
    ) -> None:
        secret = secret_key.reveal() if isinstance(secret_key, NativeSecret) else str(secret_key)
        options = (session_cookie, max_age, path, same_site, https_only, domain, partitioned)
        super().__init__(app, secret, *options)
        self.session_cookie, self.path = session_cookie, path
