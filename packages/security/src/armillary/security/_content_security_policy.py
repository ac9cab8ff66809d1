"""The Content-Security-Policy header (CSP Level 3), built from directives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NONCE = "'nonce'"

KEYWORDS = frozenset(
    {
        "none",
        "self",
        "unsafe-inline",
        "unsafe-eval",
        "unsafe-hashes",
        "unsafe-allow-redirects",
        "strict-dynamic",
        "report-sample",
        "wasm-unsafe-eval",
        "inline-speculation-rules",
        "nonce",
    }
)
"""Sources that browsers know only in single quotes; without them they are taken for hosts of that name."""

QUOTED_PREFIXES = ("nonce-", "sha256-", "sha384-", "sha512-")

Directives = Mapping[str, Iterable[str]]


class ContentSecurityPolicy:
    """Directives and their sources, joined once; the source `'nonce'` is a new nonce per response.

    Args:
        directives: such as `{"default-src": ["'self'"], "script-src": ["'self'", "'nonce'"]}`, or
            the header's text, which may contain `'nonce'` as well.

    Raises:
        TypeError: a single string for a directive that takes a list of sources.
        ValueError: a line break, a comma or a character beyond ASCII anywhere, a space or semicolon
            inside a source, a keyword without its single quotes, an invalid name, or no directive at all.
    """

    def __init__(self, directives: Directives | str) -> None:
        if isinstance(directives, str):
            text = directives
            for name, *sources in map(str.split, filter(str.strip, text.split(";"))):
                check_keywords(name, sources)
        else:
            text = "; ".join(map(join_directive, directives.items()))
        if not text.isascii() or not text.isprintable() or "," in text:
            raise ValueError(
                f"content_security_policy holds a line break, a comma, or a character beyond ASCII: {text!r}; "
                "percent-encode it, and write names of hosts with 'xn--'"
            )
        if not text.strip():
            raise ValueError("content_security_policy is empty; leave it out, or name a directive such as default-src")
        self._parts = text.split(NONCE)
        self.needs_nonce: bool = len(self._parts) > 1

    def header(self, nonce: str) -> bytes:
        """Return the header's value with this nonce in place of `'nonce'`."""
        return f"'nonce-{nonce}'".join(self._parts).encode("ascii")


def join_directive(item: tuple[str, Iterable[str]]) -> str:
    name, sources = item
    if isinstance(sources, str):
        raise TypeError(f"content_security_policy: {name} takes a list of sources; write [{sources!r}]")
    if not name.replace("-", "").isalnum():
        raise ValueError(f"content_security_policy: {name!r} is not the name of a directive")
    listed = list(sources)
    for source in listed:
        if not source or ";" in source or any(map(str.isspace, source)):
            raise ValueError(f"content_security_policy: {name} has a space or semicolon inside the source {source!r}")
    check_keywords(name, listed)
    return " ".join([name, *listed])


def check_keywords(name: str, sources: Iterable[str]) -> None:
    """Raise a ValueError for a keyword without its quotes in a directive that lists sources."""
    if not name.lower().endswith(("-src", "-src-elem", "-src-attr", "base-uri", "-action", "-ancestors")):
        return
    for source in sources:
        if source.lower() in KEYWORDS or source.lower().startswith(QUOTED_PREFIXES):
            raise ValueError(
                f"content_security_policy: {name} names {source} without quotes, which browsers take for a host; "
                f"""write "'{source}'\""""
            )
