"""The Content-Security-Policy header (CSP Level 3), built from directives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NONCE = "'nonce'"

Directives = Mapping[str, Iterable[str]]


class ContentSecurityPolicy:
    """Directives and their sources, joined once; the source `'nonce'` is a new nonce per response.

    Args:
        directives: such as `{"default-src": ["'self'"], "script-src": ["'self'", "'nonce'"]}`, or
            the header's text, in which `'nonce'` may stand as well.

    Raises:
        TypeError: a single string where a directive takes a list of sources.
        ValueError: a line break, a semicolon or a comma inside a source.
    """

    def __init__(self, directives: Directives | str) -> None:
        text = directives if isinstance(directives, str) else "; ".join(map(join_directive, directives.items()))
        if any(character in text for character in "\r\n\0,"):
            raise ValueError(f"content_security_policy holds a line break, NUL or comma: {text!r}")
        self._parts = text.split(NONCE)
        self.needs_nonce = len(self._parts) > 1

    def header(self, nonce: str) -> bytes:
        """Return the header's value with this nonce wherever `'nonce'` stands."""
        return f"'nonce-{nonce}'".join(self._parts).encode("latin-1")


def join_directive(item: tuple[str, Iterable[str]]) -> str:
    name, sources = item
    if isinstance(sources, str):
        raise TypeError(f"content_security_policy: {name} takes a list of sources; write [{sources!r}]")
    listed = list(sources)
    for source in listed:
        if ";" in source:
            raise ValueError(f"content_security_policy: {name} has a semicolon inside the source {source!r}")
    return " ".join([name, *listed])
