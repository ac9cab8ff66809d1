"""The `Set-Cookie` field of a session (RFC 6265), and the fields that go with it."""

from __future__ import annotations

from typing import Literal

from armillary.asgi_types import Scope
from armillary.datastructures import find_request_cookie, is_token

SameSite = Literal["lax", "strict", "none"]
Header = tuple[bytes, bytes]

STARTS = ("http.response.start", "websocket.accept", "websocket.http.response.start")
"""The messages whose headers may set a cookie."""

EXPIRED_ATTRIBUTE = "; expires=Thu, 01 Jan 1970 00:00:00 GMT"


class CookieHeader:
    """Name and attributes of a cookie, checked once.

    Args:
        name: the cookie's name.
        path: the paths below which browsers send it; "/" for all.
        same_site: "lax", "strict" or "none"; "none" needs a secure cookie.
        https_only: True or False to send it over https only or over both; None to decide by the
            scheme of each request.
        domain: None for the host alone.
        partitioned: whether it is kept apart for each site that embeds this one (CHIPS).
        strict: reject what browsers would not accept, and make the cookie secure if they accept
            no other.

    Raises:
        TypeError: a same_site that is not text.
        ValueError: a name, path or domain that would end the field or add to it; "none" or
            partitioned for a cookie that is never secure; a `__Host-` or `__Secure-` name against
            its rules; a path that is not absolute.
    """

    def __init__(
        self,
        name: str,
        path: str,
        same_site: SameSite,
        https_only: bool | None,
        domain: str | None,
        partitioned: bool,
        strict: bool = True,
    ) -> None:
        if not is_token(name):
            raise ValueError(f"session_cookie {name!r} is not a cookie name; use letters, digits, '-' and '_'")
        if not isinstance(same_site, str):
            raise TypeError(f"same_site is 'lax', 'strict' or 'none', got {same_site!r}")
        for parameter, value in (("path", path), ("domain", domain or ""), ("same_site", same_site)):
            if not value.isascii() or not value.isprintable() or any(character in value for character in "; ,"):
                raise ValueError(f"{parameter} {value!r} would end the cookie's attribute; leave out ';' and spaces")
        if strict and same_site.lower() not in ("lax", "strict", "none"):
            raise ValueError(f"same_site is 'lax', 'strict' or 'none', got {same_site!r}")
        if name.startswith("__Host-") and (https_only is False or domain or path != "/"):
            raise ValueError("a cookie named __Host-... is https only, has path='/' and no domain")
        if https_only is False and partitioned:
            raise ValueError("partitioned cookies must be https only")
        if strict:
            check_strictly(name, path, same_site, https_only)
            if partitioned or same_site.lower() == "none" or name.startswith(("__Host-", "__Secure-")):
                https_only = True
        self.name = name
        self._name_bytes = name.encode()
        self._https_only = https_only
        self._tail = f"; httponly; samesite={same_site}"
        self._path = f"; path={path}"
        self._domain = f"; domain={domain}" if domain else ""
        self._partitioned = "; partitioned" if partitioned else ""

    def read(self, scope: Scope) -> str | None:
        """Return the cookie's value in a request, None without one; other cookies are not read."""
        sent: list[bytes] = []
        for header, value in scope["headers"]:
            if header == b"cookie":
                sent.append(value)
        if not sent:
            return None
        return find_request_cookie(b"; ".join(sent), self._name_bytes)

    def set(self, value: str, max_age: int | None, secure_request: bool) -> Header:
        """Return the field that sets the cookie, for `max_age` seconds or the browser's session."""
        age = "" if max_age is None else f"; Max-Age={max_age}"
        return self._field(f"{value}{self._path}{age}", secure_request)

    def remove(self, secure_request: bool) -> Header:
        """Return the field that removes the cookie."""
        return self._field(f"null{self._path}{EXPIRED_ATTRIBUTE}", secure_request)

    def _field(self, start: str, secure_request: bool) -> Header:
        secure = secure_request if self._https_only is None else self._https_only
        text = f"{self.name}={start}{self._tail}{'; secure' if secure else ''}{self._domain}{self._partitioned}"
        return (b"set-cookie", text.encode("latin-1"))


def check_strictly(name: str, path: str, same_site: str, https_only: bool | None) -> None:
    if https_only is False and same_site.lower() == "none":
        raise ValueError("cookies with same_site='none' must be https only")
    if https_only is False and name.startswith("__Secure-"):
        raise ValueError("a cookie named __Secure-... is https only")
    if not path.startswith("/"):
        raise ValueError(f"path {path!r} is not absolute; begin it with '/'")


def check_seconds(parameter: str, value: int | None) -> None:
    """Raise unless the value is None or a whole number of seconds above 0."""
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{parameter} is a whole number of seconds, got {value!r}")
    if value <= 0:
        raise ValueError(f"{parameter} is in seconds, above 0; got {value!r}")


def is_secure(scheme: str | None) -> bool:
    """Return whether a request came over TLS."""
    return scheme in ("https", "wss")
