"""Redirect responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ._response import Background, Response

_UNRESERVED_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_UNESCAPED_BYTES = frozenset(f"{_UNRESERVED_CHARACTERS}:/%#?=@[]!$&'()*+,;".encode())
_ESCAPES = [chr(byte) if byte in _UNESCAPED_BYTES else f"%{byte:02X}" for byte in range(256)]


def quote_location(url: str) -> str:
    """Percent-encode what a URI cannot contain (RFC 3986 section 2); existing escapes are kept.

    >>> quote_location("/café?q=a b%20c")
    '/caf%C3%A9?q=a%20b%20c'
    """
    return "".join([_ESCAPES[byte] for byte in url.encode("utf-8")])


class RedirectResponse(Response):
    """Redirect the client to another URL.

    Args:
        url: the target, absolute or relative to the request's; percent-encoded if needed.
        status_code: 307 (default) and 308 keep method and body, 302 and 303 become a GET.
        headers: further headers.
        background: awaited after the response was sent.

    Raises:
        ValueError: `url` contains CR, LF or NUL.

    Follows RFC 9110 sections 10.2.2 and 15.4. Hosts are not checked: a target taken from a
    request must be checked first.

    >>> RedirectResponse("/café").headers["location"]
    '/caf%C3%A9'
    """

    escape_line_breaks: ClassVar[bool] = False
    """Percent-encode CR, LF and NUL in the target instead of rejecting it."""

    def __init__(
        self,
        url: object,
        status_code: int = 307,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
    ) -> None:
        target = str(url)
        if not self.escape_line_breaks and any(character in target for character in "\r\n\0"):
            raise ValueError(f"url={target!r} contains CR, LF or NUL; a redirect target is one line")
        super().__init__(b"", status_code, headers, background=background)
        self.headers["location"] = quote_location(target)
