"""Which responses are coded, and how: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from armillary.datastructures import list_members

from ._accept_encoding import Preference, prefer
from ._coding import Coding
from ._content_types import ContentTypes
from ._header_fields import Header

# Fields that describe the exact bytes of the body.
BYTE_DEPENDENT_FIELDS = frozenset(
    {b"content-encoding", b"content-range", b"content-digest", b"repr-digest", b"content-md5"}
)


class Choice(NamedTuple):
    """The coding a client gets, None for none, and whether it rejects a body without one."""

    coding: Coding | None
    rejects_identity: bool


class CompressionPolicy:
    """Decides about codings and responses.

    Args:
        codings: what is offered, the best first.
        minimum_size: bytes below which a body is not compressed.
        exclude_content_types: media types whose bodies are not compressed.

    Raises:
        TypeError: a size that is not an integer, a string instead of a list.
        ValueError: a negative size, something that is not a media type, or no coding at all.
    """

    def __init__(self, codings: Sequence[Coding], minimum_size: int, exclude_content_types: Iterable[str]) -> None:
        check_size("minimum_size", minimum_size)
        if not codings:
            raise ValueError("codings is empty; name at least one, such as 'gzip'")
        self.codings = {coding.name: coding for coding in codings}
        self.minimum_size = minimum_size
        self.excluded = ContentTypes(exclude_content_types)
        self._choice_of = lru_cache(maxsize=256)(self._choose)

    def choose(self, accept_encoding: bytes) -> Choice:
        """Return the choice for the value of an Accept-Encoding header, b"" if there is none."""
        return self._choice_of(accept_encoding) if len(accept_encoding) <= 256 else self._choose(accept_encoding)

    def _choose(self, accept_encoding: bytes) -> Choice:
        preference: Preference = prefer(accept_encoding.decode("latin-1"), tuple(self.codings))
        coding = None if preference.coding is None else self.codings[preference.coding]
        return Choice(coding, preference.rejects_identity)

    def may_code(self, status: int, headers: Iterable[Header]) -> bool:
        """Return whether a coding may be applied to a response.

        Not to one without a body, a part of one (206), one that is coded, whose content type is
        excluded, that has `no-transform` (RFC 9111 section 5.2.2.6), or a digest of its bytes
        (RFC 9530). Names of headers are in lower case.
        """
        if status < 200 or status in {204, 205, 206, 304}:
            return False
        for name, value in headers:
            if name in BYTE_DEPENDENT_FIELDS:
                return False
            if name == b"content-type" and self.excluded.contains(value):
                return False
            if name == b"cache-control" and b"no-transform" in map(bytes.lower, list_members(value)):
                return False
        return True


def content_length(headers: Iterable[Header]) -> int | None:
    """Return the Content-Length, None if it is missing or not a number."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else None
    return None


def check_size(parameter: str, size: int) -> None:
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"{parameter} is a number of bytes, got {size!r}")
    if size < 0:
        raise ValueError(f"{parameter} is a number of bytes, 0 or more; got {size}")
