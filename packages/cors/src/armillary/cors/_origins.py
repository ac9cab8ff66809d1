"""Which origins are allowed. An origin is scheme, host and port, compared as a whole (RFC 6454)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

DEFAULT_PORTS = {"http": "80", "https": "443"}


class AllowedOrigins:
    """Origins by name, by a regular expression, or all of them.

    Args:
        origins: such as `["https://example.com", "http://localhost:3000"]`; `["*"]` allows all;
            "null", which sandboxed pages and local files send, only if it is named.
        regex: allows what it matches from start to end, "null" excepted.

    Raises:
        TypeError: a string instead of a list, or bytes instead of text.
        ValueError: something that no browser sends as an origin, or a malformed regex.

    Attributes:
        any: whether all are allowed.
        allows_foreign: whether strangers are: all, or by a regex that matches a random host under a name open to
            everybody, such as `.com` or `.github.io`, or one that only begins or ends as those it names.
        named: the origins allowed by name, as browsers write them.
    """

    regex_may_allow_null: ClassVar[bool] = False
    """Whether a regex that matches "null" allows it, which allows sandboxed frames of every site."""

    def __init__(self, origins: Sequence[str], regex: str | None = None) -> None:
        if isinstance(origins, str):
            raise TypeError(f"allow_origins is a list of origins; write [{origins!r}]")
        if not isinstance(regex, str | None):
            raise TypeError(f"allow_origin_regex is text, got {regex!r}")
        named = list(origins)
        self.any: bool = "*" in named
        self.named: frozenset[str] = frozenset(canonical(origin) for origin in named if origin != "*")
        self._matches = None if regex is None else full_match(regex)
        self.allows_foreign: bool = self.any or (regex is not None and allows_strangers(self.allow, regex))

    def allow(self, origin: str) -> bool:
        """Return whether an Origin header names an allowed origin."""
        if self.any or origin in self.named:
            return True
        if self._matches is None or (origin == "null" and not self.regex_may_allow_null):
            return False
        # An allowed origin is sent back in a header.
        return self._matches(origin) is not None and origin.isprintable() and " " not in origin


# Under these anybody can have a name. A regex names others itself, such as `https://\w+\.travel`.
OPEN_SUFFIXES = (
    *("com", "net", "org", "io", "dev", "app", "co", "de", "co.jp", "co.uk", "com.au", "com.br"),
    *("azurewebsites.net", "cloudfront.net", "deno.dev", "firebaseapp.com", "fly.dev", "github.io", "gitlab.io"),
    *("herokuapp.com", "netlify.app", "ngrok-free.app", "ngrok.io", "onrender.com", "pages.dev", "surge.sh"),
    *("trycloudflare.com", "up.railway.app", "vercel.app", "web.app", "workers.dev"),
)
PRIVATE_SUFFIXES = frozenset({"corp", "home", "internal", "invalid", "lan", "local", "localhost", "test"})
"""Names at the top that nobody can register (RFC 6761, RFC 6762 appendix G)."""
LONGEST_HOST = 16
"""Up to which length drawn hosts are tried, for a regex that counts characters."""
DRAWS = 5
"""How often a host is drawn: one of few letters may be one that the regex names, but not each time."""


def allows_strangers(allow: Callable[[str], bool], regex: str) -> bool:
    """Return whether one spelling of an origin that nobody has named is allowed in every draw of its host."""
    allowed: Sequence[int] | None = None  # at which places of each draw so far
    for draw in range(DRAWS):
        origins = foreign_origins(regex, draw)
        allowed = [place for place in (range(len(origins)) if allowed is None else allowed) if allow(origins[place])]
        if not allowed:
            return False
    return True


def foreign_origins(regex: str, draw: int) -> list[str]:
    """Return origins that nobody has named: of drawn hosts, spelled in several ways, under names open to everybody.

    What is drawn depends on the regex and the number of the draw alone, so that an application always starts or never.

    Beside those are hosts that begin or end like one that the regex names: `https://.*example\\.com` matches
    evilexample.com, `https://example\\.com.*` example.com.evil.test.
    """
    from hashlib import sha256
    from re import findall

    number = int.from_bytes(sha256(f"{draw} {regex}".encode(errors="surrogatepass")).digest()[:12])
    letters = "".join(chr(97 + number // 26**place % 26) for place in range(20))
    named_last = {name.lower() for name in findall(r"\.([A-Za-z]{2,24})", regex)} - PRIVATE_SUFFIXES
    hosts = [f"{letters[:3]}{number:x}", f"{letters[:8]}-{letters[8:]}", f"www.{letters}", letters]
    hosts += [fill[:length] for length in range(1, LONGEST_HOST + 1) for fill in (letters, str(number))]
    endings = ("", *(f".{suffix}" for suffix in (*OPEN_SUFFIXES, *sorted(named_last))))
    found = [f"{host}{ending}" for host in hosts for ending in endings]
    for name in findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", regex.replace("\\.", ".").lower()):
        found += [
            f"{begin}{name}{end}" for begin in ("", letters, "www.") for end in (f".{letters}.com", f"{letters}.com")
        ]
        if "." not in name:
            continue
        *below, domain, last = name.split(".")
        if below:  # a point that is not escaped is any character: `www.example.com` also names wwwxexample.com
            found.append(f"{'.'.join(below)}x{domain}.{last}")
        elif last not in PRIVATE_SUFFIXES:
            found.append(f"{letters}{name}")
    return [f"{scheme}://{host}{port}" for scheme in ("https", "http") for host in found for port in ("", ":8443")]


def full_match(regex: str) -> Callable[[str], object]:
    import re

    try:
        return re.compile(regex).fullmatch
    except re.error as exc:
        raise ValueError(f"allow_origin_regex {regex!r} is not a regular expression: {exc}") from None


def canonical(origin: str) -> str:
    """Return an origin as browsers write it: lower-case and without the scheme's default port."""
    if not isinstance(origin, str):
        raise TypeError(f"allow_origins: {origin!r} is not text")
    if origin == "null":
        return origin
    if not origin.isascii():
        raise ValueError(f"allow_origins: write {origin!r} as browsers send it, its name beginning with 'xn--'")
    import re

    parts = re.fullmatch(
        r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(?P<port>\d*))?", origin.lower()
    )
    if parts is None:
        raise ValueError(
            f"allow_origins: {origin!r} is not an origin; write scheme, host and port alone, as in "
            "'https://example.com', and use allow_origin_regex for patterns"
        )
    scheme, host, port = parts.group("scheme", "host", "port")
    return f"{scheme}://{host}" if port == DEFAULT_PORTS.get(scheme) or not port else f"{scheme}://{host}:{port}"
