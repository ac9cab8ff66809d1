"""Content codings of files compressed beforehand (RFC 9110 section 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from armillary.datastructures import parse_accept


class Coding(NamedTuple):
    """A content coding and the suffix of the files that hold it."""

    name: str
    suffix: str


CODINGS = (Coding("br", ".br"), Coding("zstd", ".zst"), Coding("gzip", ".gz"))
"""The codings of sibling files, the one that compresses best first."""

_COMPRESSIBLE_TYPES = frozenset(
    (
        "application/atom+xml",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "application/manifest+json",
        "application/rss+xml",
        "application/rtf",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/xhtml+xml",
        "application/xml",
        "font/collection",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/svg+xml",
        "image/vnd.microsoft.icon",
        "image/x-icon",
    )
)


def is_compressible(media_type: str) -> bool:
    """Return whether files of a media type are worth compressing.

    >>> is_compressible("text/css"), is_compressible("image/png")
    (True, False)
    """
    return media_type.startswith("text/") or media_type in _COMPRESSIBLE_TYPES or media_type.endswith(("+json", "+xml"))


def acceptable_codings(accept_encoding: str | None, offered: Sequence[Coding] = CODINGS) -> list[Coding]:
    """Return the codings to look for, the preferred ones first; those below `identity` are left out.

    Args:
        accept_encoding: the header, None if there is none.
        offered: in the order preferred here, which decides between equal weights.

    >>> [coding.name for coding in acceptable_codings("gzip, br;q=0.8, zstd;q=0")]
    ['gzip', 'br']
    """
    if not accept_encoding:
        return []
    weights = {"gzip" if item.value == "x-gzip" else item.value: item.q for item in parse_accept(accept_encoding)}
    wildcard = weights.get("*", 0.0)
    minimum = weights.get("identity", 0.0)
    accepted = [(weights.get(coding.name, wildcard), coding) for coding in offered]
    accepted = [pair for pair in accepted if pair[0] > 0 and pair[0] >= minimum]
    accepted.sort(key=lambda pair: -pair[0])
    return [coding for _, coding in accepted]


def offered_codings(names: bool | Sequence[str]) -> tuple[Coding, ...]:
    """Return the codings to look for siblings of.

    Args:
        names: True for all, False for none, or their names.

    Raises:
        TypeError: one name in place of a list.
        ValueError: an unknown name.
    """
    if names is True:
        return CODINGS
    if isinstance(names, str):
        raise TypeError(f"precompressed={names!r} must be a list of codings, True or False")
    chosen = () if names is False else tuple(names)
    for name in chosen:
        if name not in [coding.name for coding in CODINGS]:
            raise ValueError(f"precompressed contains {name!r}; use 'br', 'zstd' or 'gzip'")
    return tuple(coding for coding in CODINGS if coding.name in chosen)
