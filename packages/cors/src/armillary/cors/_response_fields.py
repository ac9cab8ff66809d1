"""What is added to the start of a response."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

Header = tuple[bytes, bytes]


VARY_ORIGIN = (b"vary", b"Origin")
MAX_CACHED_SIZE = 256


class ResponseFields:
    """Header fields that take the place of those of the same name, and `Vary: Origin`.

    Args:
        fields: names in lower case, and values.
    """

    __slots__ = ("_fields", "_names")

    def __init__(self, fields: Iterable[Header] = ()) -> None:
        self._fields = (*fields,)
        self._names = frozenset(name for name, _ in self._fields)

    def add_to(self, headers: list[Header]) -> list[Header]:
        """Return headers, whose names are in lower case, with the fields."""
        names = self._names
        for present, _ in headers:
            if present in names:  # few applications set one
                headers = [(name, value) for name, value in headers if name not in names]
                break
        return [*vary_on_origin(headers), *self._fields]


def vary_on_origin(headers: list[Header]) -> list[Header]:
    """Return headers, whose names are in lower case, with Origin in their Vary. The list may be changed."""
    present: Header | None = None
    for field in headers:
        if field[0] == b"vary":
            if present is not None or len(field[1]) > MAX_CACHED_SIZE:
                return merged(headers)
            present = field
    if present is None:
        headers.append(VARY_ORIGIN)
    else:
        headers[headers.index(present)] = with_origin(present[1])
    return headers


def merged(headers: list[Header]) -> list[Header]:
    # Imported here: few applications set Vary, and the others do without the import.
    from armillary.datastructures import add_list_members

    return add_list_members(headers, b"vary", b"Origin")


@lru_cache(maxsize=64)
def with_origin(vary: bytes) -> Header:
    """Return the one Vary of a response with Origin; an application sets few different ones."""
    return merged([(b"vary", vary)])[0]
