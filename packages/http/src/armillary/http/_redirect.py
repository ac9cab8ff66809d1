"""Redirect responses."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.datastructures import encode_text

from ._response import Background, Response

_UNRESERVED_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_UNESCAPED_BYTES = frozenset(f"{_UNRESERVED_CHARACTERS}:/%#?=@[]!$&'()*+,;".encode())
_ESCAPES = [chr(byte) if byte in _UNESCAPED_BYTES else f"%{byte:02X}" for byte in range(256)]


def quote_location(url: str) -> str:
    """Percent-encode what a URI cannot contain (RFC 3986 section 2); existing escapes are kept.

    >>> quote_location("/café?q=a b%20c")
    '/caf%C3%A9?q=a%20b%20c'
    """
    return "".join([_ESCAPES[byte] for byte in encode_text(url)])


class RedirectResponse(Response):
    """Redirect the client to another URL.

    Args:
        url: the target, absolute or relative to the request's. What a URI cannot contain is percent-encoded, line
            breaks included, so that a target taken from a request cannot end the header.
        status_code: 307 (default) and 308 keep method and body, 302 and 303 become a GET.
        headers: further headers.
        background: awaited after the response was sent.

    Raises:
        TypeError: the URL is None, or a function.

    Follows RFC 9110 sections 10.2.2 and 15.4. Hosts are not checked: a target taken from a
    request must be checked first.

    >>> RedirectResponse("/café").headers["location"]
    '/caf%C3%A9'
    """

    def __init__(
        self,
        url: object,
        status_code: int = 307,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
    ) -> None:
        if url is None and self.strict_arguments:
            raise TypeError("url is None; give RedirectResponse the address to go to, such as request.url_for(name)")
        if self.strict_arguments and callable(url):
            raise TypeError(f"url is {url!r}; give RedirectResponse what it returns, such as request.url_for(name)")
        self.check_status(status_code)
        if self.strict_arguments and not 300 <= status_code <= 399 and status_code != 201:
            raise ValueError(
                f"status_code={status_code!r} redirects nobody: give 302, 303, 307 or 308, or 201 for what is new"
            )
        super().__init__(b"", status_code, headers, background=background)
        self.headers["location"] = quote_location(str(url))
