"""The Cache-Control header of a file (RFC 9111 section 5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

CachePolicy: TypeAlias = Callable[[str], str | None]
"""From a file's path below its directory, with "/", to the Cache-Control header or None for none."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""For names that change with their content (RFC 8246)."""

_HEX_HASH = re.compile(r"[.-](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,64}(?=\.|\Z)")
# Eight characters of base64url as bundlers write them: with a digit before a letter and a capital
# after another character, which words and version numbers seldom have.
_BASE64_HASH = re.compile(r"[.-](?=\w*[0-9][A-Za-z])(?=\w+[A-Z])(?=\w*[a-z])[A-Za-z0-9_]{8}(?=\.|\Z)", re.ASCII)


def has_hashed_name(path: str) -> bool:
    """Return whether a file's name holds a hash of its content, as build tools write it.

    It is the part before the extension: eight or more hexadecimal digits, or eight characters of
    mixed case with a digit. A date or a number is not a hash.

    >>> [has_hashed_name(name) for name in ("app.3f9d2c41.js", "index-BdH3bPq2.js", "log-20240131.txt")]
    [True, True, False]
    """
    name = path.rpartition("/")[2]
    stem, dot, _ = name.rpartition(".")
    if not dot:
        return False
    return bool(_HEX_HASH.search(stem) or _BASE64_HASH.search(stem))


def hashed_immutable(path: str) -> str | None:
    """The default policy: a year for hashed names, revalidation for HTML, nothing for the rest.

    >>> hashed_immutable("index.html"), hashed_immutable("logo.png")
    ('no-cache', None)
    """
    if has_hashed_name(path):
        return IMMUTABLE
    return "no-cache" if path.endswith((".html", ".htm", "/")) else None


def cache_policy(given: CachePolicy | Mapping[str, str | None] | str | None) -> CachePolicy | None:
    """Return a policy as a function.

    Args:
        given: a function; a table from patterns such as "*.css" or "img/*" to the header, the first
            that matches; one header for all; None for no header at all.

    Raises:
        TypeError: it is none of these.
        ValueError: a header contains CR, LF, NUL or characters beyond latin-1.

    >>> policy = cache_policy({"*.css": "max-age=60"})
    >>> policy and policy("site.css")
    'max-age=60'
    """
    if given is None:
        return None
    if isinstance(given, str):
        _check_line(given)
        return lambda path: given
    if callable(given):
        return given
    if isinstance(given, Mapping):
        return _from_table(given)
    raise TypeError(
        f"cache_control={given!r} must be a header, a table of patterns to headers, "
        "or a function from a path to a header"
    )


def _from_table(given: Mapping[str, str | None]) -> CachePolicy:
    from fnmatch import translate

    table = [(re.compile(translate(pattern)), value) for pattern, value in given.items()]
    for _, value in table:
        _check_line(value)

    def look_up(path: str) -> str | None:
        for pattern, value in table:
            if pattern.match(path):
                return value
        return None

    return look_up


def _check_line(value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"cache_control contains {value!r}; it must be a header or None")
    if any(character in value for character in "\r\n\0"):
        raise ValueError(f"cache_control={value!r} contains CR, LF or NUL; a header is one line")
    if any(character > "\xff" for character in value):
        raise ValueError(f"cache_control={value!r} has characters beyond latin-1; a header cannot carry them")
