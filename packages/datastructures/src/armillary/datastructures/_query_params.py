"""Query strings: `application/x-www-form-urlencoded` as the URL standard reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._multidict import ImmutableMultiDict
from ._percent import percent_decode


def parse_query(query: str) -> list[tuple[str, str]]:
    """Return the pairs of a query string, blank values kept.

    `+` is a space; `%XX` is read as UTF-8, with U+FFFD for what is not. The work is linear in
    the length of the query.

    >>> parse_query("a=1&b&c=x+y%21")
    [('a', '1'), ('b', ''), ('c', 'x y!')]
    """
    if "+" in query:
        query = query.replace("+", " ")
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((percent_decode(name), percent_decode(value)) if "%" in part else (name, value))
    return pairs


class QueryParams(ImmutableMultiDict[str, str]):
    """The parameters of a query string.

    Args:
        value: a query string, in text or in the bytes of a scope; or a mapping, pairs or another
            multi-dict, whose keys and values are turned into text.
        **kwargs: further parameters.

    >>> params = QueryParams("page=2&tag=a&tag=b")
    >>> params["page"], params.getlist("tag"), str(params)
    ('2', ['a', 'b'], 'page=2&tag=a&tag=b')
    """

    def __init__(
        self,
        value: ImmutableMultiDict[Any, Any] | Mapping[Any, Any] | Iterable[tuple[Any, Any]] | str | bytes | None = None,
        /,
        **kwargs: Any,
    ) -> None:
        if not kwargs and type(value) is bytes:
            self._list = parse_query(value.decode("utf-8", "replace"))
            self._dict = dict(self._list)
            return
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        super().__init__(parse_query(value) if isinstance(value, str) else value, **kwargs)
        self._list = [(str(key), str(item)) for key, item in self._list]
        self._dict = dict(self._list)

    def __str__(self) -> str:
        from urllib.parse import urlencode

        return urlencode(self._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"
