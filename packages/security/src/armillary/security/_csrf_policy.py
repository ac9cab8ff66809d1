"""The decision whether a request that changes something was sent by a page of this site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Decision = Literal["allow", "reject", "check the token"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
SAME_SITE_VALUES = frozenset({"same-origin", "none"})


class RequestMetadata(NamedTuple):
    """What a request says about its sender. Missing headers are None.

    `origin` is the Origin header, `fetch_site` the Sec-Fetch-Site header, `own_origin` scheme,
    host and port that the request was sent to.
    """

    method: str
    path: str
    fetch_site: str | None
    origin: str | None
    own_origin: str
    has_cookie: bool


class CSRFPolicy:
    """Fetch metadata first, Origin second, token last.

    1. A safe method changes nothing and passes, and so does an exempt path.
    2. An Origin that is trusted passes.
    3. `Sec-Fetch-Site`, which no page can forge: same-origin and none pass, the rest is rejected.
    4. An Origin without it passes if it is the request's own, and is rejected if not.
    5. With neither, a request without cookies has no user's authority and passes; one with
       cookies must send the token.

    Args:
        trusted_origins: other origins whose pages may send, such as "https://admin.example.com".
        exempt: paths such as "/webhooks/pay", or with a final `*` everything below "/webhooks/*".

    Raises:
        TypeError: a string instead of a list.
        ValueError: an origin with a path or without a scheme, or a path that is not absolute.
    """

    def __init__(self, trusted_origins: Sequence[str] = (), exempt: Sequence[str] = ()) -> None:
        for name, value in (("trusted_origins", trusted_origins), ("exempt", exempt)):
            if isinstance(value, str):
                raise TypeError(f"{name} is a list; write [{value!r}]")
        self._trusted = frozenset(map(checked_origin, trusted_origins))
        self._exempt = frozenset(checked_path(path) for path in exempt if not path.endswith("*"))
        self._exempt_below = tuple(prefixes(path for path in exempt if path.endswith("*")))

    def decide(self, metadata: RequestMetadata) -> Decision:
        if metadata.method in SAFE_METHODS or self.is_exempt(metadata.path):
            return "allow"
        if metadata.origin is not None and metadata.origin in self._trusted:
            return "allow"
        if metadata.fetch_site is not None:
            return "allow" if metadata.fetch_site in SAME_SITE_VALUES else "reject"
        if metadata.origin is not None:
            # A request without a valid host has no own origin.
            return "allow" if metadata.own_origin and metadata.origin.lower() == metadata.own_origin else "reject"
        return "check the token" if metadata.has_cookie else "allow"

    def is_exempt(self, path: str) -> bool:
        return path in self._exempt or path.startswith(self._exempt_below)


def prefixes(patterns: Iterable[str]) -> Iterable[str]:
    for pattern in patterns:
        if not pattern.endswith("/*"):
            raise ValueError(f"exempt: {pattern!r} would match beyond a path segment; end it with '/*'")
        yield checked_path(pattern[:-1])


def checked_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"exempt: {path!r} is not an absolute path; begin it with '/'")
    return path


def checked_origin(origin: str) -> str:
    scheme, separator, host = origin.partition("://")
    if not (separator and scheme and host) or any(character in host for character in "/?#@* "):
        raise ValueError(f"trusted_origins: {origin!r} is not an origin; write it as 'https://example.com'")
    if not origin.isascii():
        raise ValueError(f"trusted_origins: write {origin!r} as browsers send it, its name beginning with 'xn--'")
    default_port = {"http": ":80", "https": ":443"}.get(scheme.lower(), "")
    return origin.lower().removesuffix(default_port)
