"""Which data FastAPI's encoder would leave as it is."""

from __future__ import annotations

from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})


def is_plain(value: Any) -> bool:
    """Return whether `jsonable_encoder` returns an equal value: nothing but the exact types of JSON.

    Anything else may change, or must be read only once: a generator, a subclass of dict with `items` of its own, an
    enumeration that is a str too. The encoder leaves out keys that begin with "_sa".

    >>> is_plain({"ids": [1, 2], "name": None}), is_plain({"ids": (1, 2)}), is_plain({"_sa_state": 1})
    (True, False, False)
    """
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or key[:3] == "_sa":
                return False
            if type(item) not in _SCALARS and not is_plain(item):
                return False
        return True
    if kind is list:
        return all(type(item) in _SCALARS or is_plain(item) for item in value)
    return kind in _SCALARS
