"""Which responses are coded, and how: values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from armillary.asgi_types import Message
from armillary.datastructures import list_members
from armillary.exchange import lower_names

from ._accept_encoding import Preference, prefer
from ._coding import Coding
from ._content_types import ContentTypes
from ._header_fields import Header
from ._value_cache import ValueCache

# Fields that describe the exact bytes of the body.
BYTE_DEPENDENT_FIELDS = frozenset(
    {b"content-encoding", b"content-range", b"content-digest", b"repr-digest", b"content-md5"}
)
_LENGTH, _TYPE, _VARY, _CACHE_CONTROL, _BYTE_DEPENDENT = range(5)
_TELLING_FIELDS = {
    b"content-length": _LENGTH,
    b"content-type": _TYPE,
    b"vary": _VARY,
    b"cache-control": _CACHE_CONTROL,
    **dict.fromkeys(BYTE_DEPENDENT_FIELDS, _BYTE_DEPENDENT),
}
"""What a field says about whether and how a coding is applied; others say nothing."""
_SMALL_LENGTHS = {b"%d" % length: length for length in range(1000)}
"""Those of bodies that are usually left alone; `int` takes a thousand instructions for bytes."""

_UNCODED_STATUSES = frozenset((204, 205, 206, 304))


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
        self.choose: Callable[[bytes], Choice] = ValueCache(self._choose).__getitem__
        """Return the choice for the value of an Accept-Encoding header, b"" if there is none."""

    def _choose(self, accept_encoding: bytes) -> Choice:
        preference: Preference = prefer(accept_encoding.decode("latin-1"), tuple(self.codings))
        coding = None if preference.coding is None else self.codings[preference.coding]
        return Choice(coding, preference.rejects_identity)

    def examine(self, start: Message) -> tuple[list[Header], bool, int | None, bool]:
        """Return what is known of a response from its start.

        No coding is applied to one without a body, a part of one (206), one that is coded, whose content type is
        excluded, that has `no-transform` (RFC 9111 section 5.2.2.6), or a digest of its bytes (RFC 9530).

        Returns:
            Its headers as a new list, names in lower case; whether a coding may be applied; its Content-Length, None if
            it is missing or no number; whether it has a Vary.
        """
        status = start["status"]
        may_code = status == 200 or (status > 200 and status not in _UNCODED_STATUSES)
        length: int | None = None
        varies = False
        headers: list[Header] = [*(start.get("headers") or ())]
        for name, value in headers:
            field = _TELLING_FIELDS.get(name)
            if field is None:
                if not name.islower():
                    return self.examine({"status": status, "headers": lower_names(headers)})
            elif field == _LENGTH:
                length = _SMALL_LENGTHS.get(value)
                if length is None and value.isdigit() and len(value) < 20:
                    length = int(value)
            elif field == _TYPE:
                may_code = may_code and not self.excluded.contains(value)
            elif field == _VARY:
                varies = True
            elif field == _BYTE_DEPENDENT or b"no-transform" in map(bytes.lower, list_members(value)):
                may_code = False
        return headers, may_code, length, varies


def check_size(parameter: str, size: int) -> None:
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"{parameter} is a number of bytes, got {size!r}")
    if size < 0:
        raise ValueError(f"{parameter} is a number of bytes, 0 or more; got {size}")
