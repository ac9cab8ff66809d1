"""The base response Starlette's tests hold it to."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Literal

from asterism import http


class Response(http.Response):
    """A whole response.

    Unlike the native one it sends cookies that browsers drop, refuses `partitioned` below Python
    3.14, and answers a WebSocket handshake with a response whatever the server announces.
    """

    strict_cookies = False
    denial_without_extension = True

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Literal["lax", "strict", "none"] | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Add a `set-cookie` header."""
        if partitioned and sys.version_info < (3, 14):
            raise ValueError("Partitioned cookies are only supported in Python 3.14 and above.")
        super().set_cookie(
            key, value, max_age, expires, path, domain, secure, httponly, samesite, partitioned=partitioned
        )
