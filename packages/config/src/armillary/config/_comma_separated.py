"""Lists in one variable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

_QUOTES = "'\""
_BLANKS = " \t\r\n"


def split_comma_separated(text: str) -> list[str]:
    """Return the items of a comma-separated list; quoted items may hold commas, empty ones are left out.

    Raises:
        ValueError: a quote is not closed, or something follows a closed one.

    >>> split_comma_separated("a, 'b, c',, d ")
    ['a', 'b, c', 'd']
    """
    items: list[str] = []
    text = text.rstrip(_BLANKS)
    start = 0
    while start < len(text):
        first = start
        while text[first] in _BLANKS:
            first += 1
        if text[first] in _QUOTES:
            item, start = _quoted_item(text, first)
        else:
            item, start = _plain_item(text, first)
        if item:
            items.append(item)
    return items


def _plain_item(text: str, first: int) -> tuple[str, int]:
    comma = text.find(",", first)
    end = len(text) if comma < 0 else comma
    return text[first:end].rstrip(_BLANKS), end + 1


def _quoted_item(text: str, first: int) -> tuple[str, int]:
    closing = text.find(text[first], first + 1)
    comma = text.find(",", closing)
    end = len(text) if comma < 0 else comma
    if closing < 0 or text[closing + 1 : end].strip(_BLANKS):
        raise ValueError("an item of the comma-separated list has a quote that does not end it")
    return text[first + 1 : closing], end + 1


class CommaSeparatedStrings(Sequence[str]):
    """A sequence of strings, written with commas in between.

    Args:
        value: the text to split, or the strings themselves.

    Raises:
        ValueError: a quoted item is not closed.

    >>> hosts = CommaSeparatedStrings("example.org, 'www.example.org'")
    >>> list(hosts), len(hosts)
    (['example.org', 'www.example.org'], 2)
    """

    __slots__ = ("_items",)

    def __init__(self, value: str | Sequence[str]) -> None:
        self._items = split_comma_separated(value) if isinstance(value, str) else list(value)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def __str__(self) -> str:
        return ", ".join(map(repr, self._items))
