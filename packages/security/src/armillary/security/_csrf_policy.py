"""The decision whether a request that changes something was sent by a page of this site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from armillary.datastructures import PathPatterns

Authority = Literal["browser", "program", "none"]
Decision = Literal["allow", "reject", "check the token"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
BROWSER_SCHEMES: Final = frozenset({"basic", "digest", "negotiate", "ntlm"})
"""Authentication schemes whose credentials browsers send by themselves, as they do cookies."""

SAME_SITE_VALUES = frozenset({"same-origin", "none"})


class RequestMetadata(NamedTuple):
    """What a request says about its sender. Missing headers are None.

    `origin` is the Origin header, `fetch_site` the Sec-Fetch-Site header, `own_origin` scheme,
    host and port that the request was sent to. `authority` is "browser" if the request has cookies or
    other credentials that browsers send by themselves, "program" if it has only others, which no
    page of another site can send without CORS, else "none".
    """

    method: str
    path: str
    fetch_site: str | None
    origin: str | None
    own_origin: str
    authority: Authority


class CSRFPolicy:
    """Fetch metadata first, Origin second, token last.

    1. A safe method changes nothing and passes, and so does an exempt path.
    2. A request with the authority of a program alone, such as a bearer token, passes.
    3. An Origin that is trusted passes.
    4. `Sec-Fetch-Site`, which no page can forge: same-origin and none pass, the rest is rejected,
       without a cookie too: it may log the visitor in to somebody else's account.
    5. An Origin without it passes if it is the request's own, and is rejected if not.
    6. With neither, a request without cookies and credentials passes; any other must send the token.

    Args:
        trusted_origins: other origins whose pages may send, such as "https://admin.example.com".
        exempt: paths such as "/webhooks/pay", or with a final `*` everything below "/webhooks/*".

    Raises:
        TypeError: a string instead of a list.
        ValueError: an origin with a path or without a scheme, or a path that is not absolute.
    """

    def __init__(self, trusted_origins: Sequence[str] = (), exempt: Sequence[str] = ()) -> None:
        if isinstance(trusted_origins, str):
            raise TypeError(f"trusted_origins is a list; write [{trusted_origins!r}]")
        self._trusted = frozenset(map(checked_origin, trusted_origins))
        self._exempt = PathPatterns("exempt", exempt)

    def is_exempt(self, path: str) -> bool:
        """Return whether a path is not protected."""
        return self._exempt.matches(path)

    def decide(self, metadata: RequestMetadata) -> Decision:
        if metadata.method in SAFE_METHODS or self.is_exempt(metadata.path):
            return "allow"
        if metadata.authority == "program":
            return "allow"
        if metadata.origin is not None and metadata.origin in self._trusted:
            return "allow"
        if metadata.fetch_site is not None:
            return "allow" if metadata.fetch_site in SAME_SITE_VALUES else "reject"
        if metadata.origin is not None:
            # A request without a valid host has no own origin.
            return "allow" if metadata.own_origin and metadata.origin.lower() == metadata.own_origin else "reject"
        return "check the token" if metadata.authority == "browser" else "allow"


def checked_origin(origin: str) -> str:
    scheme, separator, host = origin.partition("://")
    if not (separator and scheme and host) or any(character in host for character in "/?#@* "):
        raise ValueError(f"trusted_origins: {origin!r} is not an origin; write it as 'https://example.com'")
    if not origin.isascii():
        raise ValueError(f"trusted_origins: write {origin!r} as browsers send it, its name beginning with 'xn--'")
    default_port = {"http": ":80", "https": ":443"}.get(scheme.lower(), "")
    return origin.lower().removesuffix(default_port)
