"""The base response with the behaviour that Starlette's tests require."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from numbers import Real
from typing import Final, Literal

from armillary import http

from .datastructures import MutableHeaders

_RESERVED_NAMES: Final = frozenset(
    {"comment", "domain", "expires", "httponly", "max-age", "path", "samesite", "secure", "version"}
)
_is_cookie_name: Final = re.compile(r"[\w!#$%&'*+\-.^`|~:]+", re.ASCII).fullmatch


class Response(http.Response):
    """A whole response.

    Unlike the native one it takes any status and any header, sends cookies that browsers drop, rejects `partitioned`
    below Python 3.14, has a body for HEAD and for any status, which middleware may read and servers drop,
    and sends a denial response to a WebSocket whether the server announces the extension or not.
    """

    headers_class = MutableHeaders
    strict_arguments = False
    strict_cookies = False
    denial_without_extension = True
    leaves_out_bodies = False

    def check_status(self, status_code: object) -> None:
        """Raise `TypeError` for what is no number."""
        if not isinstance(status_code, Real):
            raise TypeError(f"a status is a number, not {type(status_code).__name__}: {status_code!r:.80}")

    def _keep_given_length(self) -> bool:
        return True  # whatever the body is

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
        """Add a cookie; a name is rejected with the error of `http.cookies`."""
        if key.lower() in _RESERVED_NAMES or not _is_cookie_name(key):
            from http.cookies import CookieError

            raise CookieError(f"Illegal key {key!r}")
        if samesite is not None and samesite.lower() not in ("strict", "lax", "none"):
            raise AssertionError(f"samesite takes 'lax', 'strict', 'none' or None, not {samesite!r}")
        super().set_cookie(key, value, max_age, expires, path, domain, secure, httponly, samesite, partitioned)

    def check_partitioned(self) -> None:
        """Raise `ValueError` below Python 3.14, whose `http.cookies` Starlette needs."""
        if sys.version_info < (3, 14):
            raise ValueError("Partitioned cookies are only supported in Python 3.14 and above.")
