"""Paths as text: percent-encoding, `%2F` kept apart from "/", and the slash at the end."""

from __future__ import annotations

from typing import Final

ENCODED_SLASH: Final = "\udc2f"
"""Represents `%2F` while an undecoded path is matched; no decoded path holds a lone surrogate."""


def decoded(text: str) -> str:
    """Return a piece of an undecoded path with its slashes."""
    return text.replace(ENCODED_SLASH, "/")


def encode_path(path: str, safe: str = "/:@!$&'()*+,;=") -> str:
    """Percent-encode a decoded path (RFC 3986 section 3.3); `ENCODED_SLASH` becomes `%2F`."""
    from urllib.parse import quote

    from armillary.datastructures import encode_text

    parts = path.split(ENCODED_SLASH)
    return "%2F".join([quote(encode_text(part), safe=safe) for part in parts])


def stay_on_host(path: str) -> str:
    """Return a path that no client takes for `//authority` (RFC 3986 section 4.2).

    Browsers read a backslash as a slash, so it counts too.

    >>> stay_on_host("//example.org/a")
    '/%2Fexample.org/a'
    """
    if path[:1] == "/" and path[1:2] in ("/", "\\"):
        return f"/%{ord(path[1]):02X}{path[2:]}"
    return path


def toggled_slash(path: str) -> str:
    """Return the path with a slash at its end, or without any."""
    return path.rstrip("/") if path.endswith("/") else path + "/"
