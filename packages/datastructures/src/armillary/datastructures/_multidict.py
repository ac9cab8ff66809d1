"""Mappings whose keys may repeat. Reading a key gives its last value."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from typing import Self

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


def _pairs_of(value: Any) -> list[tuple[Any, Any]]:
    if value is None:
        return []
    if isinstance(value, ImmutableMultiDict):
        return value.multi_items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if hasattr(value, "keys"):
        return [(key, value[key]) for key in value.keys()]  # noqa: SIM118 - keys() is what makes it a mapping
    return [(key, item) for key, item in value]


class ImmutableMultiDict(Mapping[K, V_co]):
    """A mapping with repeated keys, in order.

    Args:
        value: another multi-dict, a mapping, or pairs.
        **kwargs: further keys.

    >>> fields = ImmutableMultiDict([("a", "1"), ("a", "2")])
    >>> fields["a"], fields.getlist("a"), fields.multi_items()
    ('2', ['1', '2'], [('a', '1'), ('a', '2')])
    """

    _list: list[tuple[Any, Any]]
    _dict: dict[Any, Any]

    def __init__(
        self,
        value: ImmutableMultiDict[K, V_co] | Mapping[K, V_co] | Iterable[tuple[K, V_co]] | None = None,
        /,
        **kwargs: Any,
    ) -> None:
        pairs = _pairs_of(value)
        if kwargs:
            pairs.extend(_pairs_of(kwargs))
        self._list = pairs
        self._dict = dict(pairs)

    def getlist(self, key: Any) -> list[V_co]:
        """Return every value of a key, in order; an empty list if it is absent."""
        return [value for present, value in self._list if present == key]

    def keys(self) -> KeysView[K]:
        """Return the keys, each once."""
        return self._dict.keys()

    def values(self) -> ValuesView[V_co]:
        """Return the last value of each key."""
        return self._dict.values()

    def items(self) -> ItemsView[K, V_co]:
        """Return each key once, with its last value."""
        return self._dict.items()

    def multi_items(self) -> list[tuple[K, V_co]]:
        """Return every pair, in order."""
        return self._list.copy()

    @overload
    def get(self, key: K, default: None = None) -> V_co | None: ...
    @overload
    def get(self, key: K, default: V_co | T) -> V_co | T: ...

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the last value of a key, or `default`."""
        return self._dict.get(key, default)

    def __getitem__(self, key: K) -> V_co:
        value: V_co = self._dict[key]
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[K]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def _grouped(self) -> dict[Any, list[Any]]:
        groups: dict[Any, list[Any]] = {}
        for key, value in self._list:
            groups.setdefault(key, []).append(value)
        return groups

    def __eq__(self, other: object) -> bool:
        """Equal if each key has the same values in the same order; the order of keys is free."""
        if not isinstance(other, ImmutableMultiDict):
            return NotImplemented
        return self._grouped() == other._grouped()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._list!r})"


class MultiDict(ImmutableMultiDict[K, V]):
    """An `ImmutableMultiDict` that can be changed.

    >>> fields = MultiDict({"a": "1"})
    >>> fields.append("a", "2")
    >>> fields["b"] = "3"
    >>> fields.multi_items()
    [('a', '1'), ('a', '2'), ('b', '3')]
    """

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._list = self._list.copy()
        made._dict = self._dict.copy()
        return made

    def __setitem__(self, key: K, value: V) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: K) -> None:
        del self._dict[key]
        self._forget(key)

    def _forget(self, key: Any) -> None:
        self._list = [pair for pair in self._list if pair[0] != key]

    @overload
    def pop(self, key: K, default: None = None) -> V | None: ...
    @overload
    def pop(self, key: K, default: V | T) -> V | T: ...

    def pop(self, key: Any, default: Any = None) -> Any:
        """Remove a key; return its last value, or `default` if it is absent."""
        if key not in self._dict:
            return default
        self._forget(key)
        return self._dict.pop(key)

    def popitem(self) -> tuple[K, V]:
        """Remove the newest key with all its values; return it with the last of them."""
        key, value = self._dict.popitem()
        self._forget(key)
        return key, value

    def poplist(self, key: Any) -> list[V]:
        """Remove a key and return all its values."""
        values = self.getlist(key)
        self.pop(key)
        return values

    def clear(self) -> None:
        """Remove everything."""
        self._list.clear()
        self._dict.clear()

    def setdefault(self, key: K, default: Any = None) -> V:
        """Return the last value of a key, adding `default` first if it is absent."""
        if key not in self._dict:
            self.append(key, default)
        return self[key]

    def setlist(self, key: K, values: Iterable[V]) -> None:
        """Replace all values of a key; no values remove it."""
        new = list(values)
        self.pop(key)
        if new:
            self._list.extend((key, value) for value in new)
            self._dict[key] = new[-1]

    def append(self, key: K, value: V) -> None:
        """Add a value to a key."""
        self._list.append((key, value))
        self._dict[key] = value

    def update(
        self,
        value: ImmutableMultiDict[K, V] | Mapping[K, V] | Iterable[tuple[K, V]] | None = None,
        /,
        **kwargs: Any,
    ) -> None:
        """Replace the keys that are given, with all the values given for them."""
        new = ImmutableMultiDict(value, **kwargs)
        kept = [pair for pair in self._list if pair[0] not in new._dict]
        self._list = kept + new._list
        self._dict = dict(self._list)
