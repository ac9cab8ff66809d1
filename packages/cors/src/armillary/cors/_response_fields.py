"""What is added to the start of a response."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from armillary.asgi_types import Message
from armillary.exchange import lower_names

Header = tuple[bytes, bytes]


VARY_ORIGIN = (b"vary", b"Origin")
MAX_CACHED_SIZE = 256


class ResponseFields:
    """Header fields that take the place of those of the same name, and `Vary: Origin`.

    Args:
        fields: names in lower case, and values.
    """

    __slots__ = ("_fields", "_watched")

    def __init__(self, fields: Iterable[Header] = ()) -> None:
        self._fields = (*fields,)
        self._watched = frozenset((b"vary", *(name for name, _ in self._fields)))

    def add_to(self, message: Message) -> list[Header]:
        """Return the headers of a start message, names in lower case, with the fields, as a new list."""
        watched = self._watched
        headers: list[Header] = [*(message.get("headers") or ())]
        vary: Header | None = None
        for field in headers:
            name = field[0]
            if name in watched:
                if vary is not None or name != b"vary" or len(field[1]) > MAX_CACHED_SIZE:
                    return self._add_in_place_of_others(lower_names(headers))
                vary = field
            elif not name.islower():
                return self._add_in_place_of_others(lower_names(headers))
        if vary is None:
            headers.append(VARY_ORIGIN)
        else:
            headers[headers.index(vary)] = with_origin(vary[1])
        headers += self._fields
        return headers

    def _add_in_place_of_others(self, headers: list[Header]) -> list[Header]:
        kept = [field for field in headers if field[0] == b"vary" or field[0] not in self._watched]
        return [*merged(kept), *self._fields]


def merged(headers: list[Header]) -> list[Header]:
    # Imported here: few applications set Vary, and the others do without the import.
    from armillary.datastructures import add_list_members

    return add_list_members(headers, b"vary", b"Origin")


@lru_cache(maxsize=64)
def with_origin(vary: bytes) -> Header:
    """Return the one Vary of a response with Origin; an application sets few different ones."""
    return merged([(b"vary", vary)])[0]
