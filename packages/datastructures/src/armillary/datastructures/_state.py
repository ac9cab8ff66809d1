"""What an application keeps for a connection, or for its own lifetime."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any


class MissingAttribute(AttributeError, KeyError):
    """An attribute that cannot be deleted: a missing key as well, as which programs catch it."""

    __str__ = AttributeError.__str__


class UnknownAttribute(AttributeError):
    """An attribute that is read and absent.

    Its note is made when it is shown, which the error inside `getattr(state, "user", None)` never is.
    """

    @cached_property
    def __notes__(self) -> list[str]:  # type: ignore[override]
        if not isinstance(self.obj, State) or str(self.name).startswith("__"):
            return []
        known = ", ".join(map(str, self.obj)) or "nothing"
        return [f"It holds {known}; what the lifespan yields is there, if the lifespan runs, and what is set"]


class State:
    """A namespace that can be read by attribute and by item.

    Args:
        state: the dict to keep the values in; changes are made in it. By default a new one.

    >>> state = State({"count": 1})
    >>> state.count += 1
    >>> state["count"], list(state)
    (2, ['count'])
    """

    __slots__ = ("__weakref__", "_state")

    _state: dict[str, Any]

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        object.__setattr__(self, "_state", {} if state is None else state)

    def __getattr__(self, key: str) -> Any:
        if key == "_state":  # an instance made without __init__, as copy and pickle do
            raise AttributeError(key)
        try:
            return self._state[key]
        except KeyError:
            text = f"{type(self).__name__!r} object has no attribute {key!r}"
            raise UnknownAttribute(text, name=key, obj=self) from None

    def __setattr__(self, key: str, value: Any) -> None:
        self._state[key] = value

    def __delattr__(self, key: str) -> None:
        try:
            del self._state[key]
        except KeyError:
            raise MissingAttribute(f"{type(self).__name__!r} object has no attribute {key!r}") from None

    def __contains__(self, key: object) -> bool:
        return key in self._state

    def __len__(self) -> int:
        return len(self._state)

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __delitem__(self, key: str) -> None:
        del self._state[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._state[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._state[key]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._state!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._state,)
