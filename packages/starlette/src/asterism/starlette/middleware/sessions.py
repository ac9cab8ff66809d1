"""`starlette.middleware.sessions`: any key, `Secure` only where `https_only` says so."""

from __future__ import annotations

from typing import Literal, TypeAlias

from asterism.asgi_types import ASGIApp
from asterism.sessions import Session, SessionMiddleware as NativeSessionMiddleware

__all__ = ["Session", "SessionMiddleware"]


SameSite: TypeAlias = Literal["lax", "strict", "none"]


class SessionMiddleware(NativeSessionMiddleware):
    """The native middleware under Starlette's defaults."""

    min_key_length = 0
    max_cookie_size = None
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
        secret = str(secret_key)  # a Secret shows its value only so
        options = (session_cookie, max_age, path, same_site, https_only, domain, partitioned)
        super().__init__(app, secret, *options)
        self.session_cookie, self.path = session_cookie, path
