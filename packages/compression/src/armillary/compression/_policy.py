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
_TELLING_FIELDS = BYTE_DEPENDENT_FIELDS | {b"content-length", b"content-type", b"cache-control"}


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
        self.codings: dict[str, Coding] = {coding.name: coding for coding in codings}
        self.minimum_size = minimum_size
        self.excluded: ContentTypes = ContentTypes(exclude_content_types)
        self._choice_of = lru_cache(maxsize=256)(self._choose)

    def choose(self, accept_encoding: bytes) -> Choice:
        """Return the choice for the value of an Accept-Encoding header, b"" if there is none."""
        return self._choice_of(accept_encoding) if len(accept_encoding) <= 256 else self._choose(accept_encoding)

    def _choose(self, accept_encoding: bytes) -> Choice:
        preference: Preference = prefer(accept_encoding.decode("latin-1"), tuple(self.codings))
        coding = None if preference.coding is None else self.codings[preference.coding]
        return Choice(coding, preference.rejects_identity)

    def examine(self, status: int, headers: Iterable[Header]) -> tuple[bool, int | None]:
        """Return whether a coding may be applied to a response, and its Content-Length.

        No coding is applied to one without a body, a part of one (206), one that is coded, whose content type is
        excluded, that has `no-transform` (RFC 9111 section 5.2.2.6), or a digest of its bytes (RFC 9530).

        Args:
            status: of the response.
            headers: its headers, names in lower case.

        Returns:
            The length is None if it is missing or no number.
        """
        may_code = status >= 200 and status not in {204, 205, 206, 304}
        length: int | None = None
        for name, value in headers:
            if name not in _TELLING_FIELDS:
                continue
            if name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 20 else None
            elif name == b"content-type":
                may_code = may_code and not self.excluded.contains(value)
            elif name != b"cache-control" or b"no-transform" in map(bytes.lower, list_members(value)):
                may_code = False
        return may_code, length


def check_size(parameter: str, size: int) -> None:
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"{parameter} is a number of bytes, got {size!r}")
    if size < 0:
        raise ValueError(f"{parameter} is a number of bytes, 0 or more; got {size}")
