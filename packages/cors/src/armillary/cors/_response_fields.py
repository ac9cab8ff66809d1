"""What is added to the start of a response."""

from __future__ import annotations

from collections.abc import Iterable

Header = tuple[bytes, bytes]


VARY_ORIGIN = (b"vary", b"Origin")


class ResponseFields:
    """Header fields that take the place of those of the same name, and `Vary: Origin`.

    Args:
        fields: names in lower case, and values.
    """

    __slots__ = ("_added", "_names")

    def __init__(self, fields: Iterable[Header] = ()) -> None:
        self._added = (*fields, VARY_ORIGIN)
        self._names = frozenset(name for name, _ in self._added)

    def add_to(self, headers: Iterable[Header]) -> list[Header]:
        """Return the headers with the fields; the given ones are not changed."""
        added = [*headers]
        for name, _ in added:
            if name in self._names:
                return self._replace_in(added)
        added += self._added
        return added

    def _replace_in(self, headers: list[Header]) -> list[Header]:
        """Return headers, some of which are to be replaced or are a Vary, with the fields."""
        kept = [field for field in headers if field[0] not in self._names or field[0] == b"vary"]
        for at, (name, _) in enumerate(kept):
            if name == b"vary":
                return [*_name_origin(kept, at), *self._added[:-1]]
        return [*kept, *self._added]


def _name_origin(headers: list[Header], first: int) -> list[Header]:
    """Join the Vary fields to one that names Origin, in place of the first."""
    values = [value for name, value in headers if name == b"vary"]
    if not any(item.strip().lower() in (b"origin", b"*") for value in values for item in value.split(b",")):
        values.append(b"Origin")
    others = [(name, value) for name, value in headers if name != b"vary"]
    return [*others[:first], (b"vary", b", ".join(values)), *others[first:]]
