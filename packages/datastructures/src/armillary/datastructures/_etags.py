"""Entity tags in conditions: If-Match, If-None-Match (RFC 9110 sections 8.8.3 and 13.1)."""

from typing import NamedTuple


class ETag(NamedTuple):
    """An entity tag: the text between its quotes, and whether it is weak."""

    tag: str
    weak: bool

    def __str__(self) -> str:
        return f'W/"{self.tag}"' if self.weak else f'"{self.tag}"'


class ETags(NamedTuple):
    """The value of an If-Match or If-None-Match header.

    Attributes:
        tags: the entity tags listed.
        any: whether the header is `*`, which every existing representation matches.
    """

    tags: tuple[ETag, ...]
    any: bool

    def matches_weakly(self, etag: str) -> bool:
        """Return whether `etag` (with its quotes) is listed, weak or not: the comparison of If-None-Match."""
        wanted = parse_etag(etag)
        return self.any or (wanted is not None and any(listed.tag == wanted.tag for listed in self.tags))

    def matches_strongly(self, etag: str) -> bool:
        """Return whether `etag` (with its quotes) is listed, neither being weak: the comparison of If-Match."""
        wanted = parse_etag(etag)
        return self.any or (wanted is not None and not wanted.weak and wanted in self.tags)


def parse_etag(text: str) -> ETag | None:
    """Return one entity tag; None if it is malformed.

    >>> parse_etag('W/"v1"')
    ETag(tag='v1', weak=True)
    """
    tags = parse_etags(text).tags
    return tags[0] if len(tags) == 1 and str(tags[0]) == text.strip(" \t") else None


def parse_etags(header: str) -> ETags:
    """Return the entity tags of an If-Match or If-None-Match header.

    Args:
        header: the value of the header.

    Returns:
        The tags in order. Reading stops at the first malformed one.

    >>> parse_etags('"a", W/"b,c"').matches_weakly('"b,c"')
    True
    """
    if header.strip(" \t") == "*":
        return ETags((), True)
    tags: list[ETag] = []
    position = 0
    while True:
        while header[position : position + 1] in (" ", "\t", ","):
            position += 1
        weak = header.startswith("W/", position)
        start = position + 2 if weak else position
        end = header.find('"', start + 1)
        if end < 0 or header[start] != '"' or not _is_opaque(header[start + 1 : end]):
            return ETags(tuple(tags), False)
        tags.append(ETag(header[start + 1 : end], weak))
        position = end + 1
        if header[position : position + 1] not in ("", " ", "\t", ","):
            return ETags(tuple(tags[:-1]), False)


def _is_opaque(text: str) -> bool:
    return all(character >= "!" and character != "\x7f" for character in text)
