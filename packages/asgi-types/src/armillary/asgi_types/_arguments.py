"""What is said of a keyword argument that there is not: which one is meant, or what to write in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def unexpected_argument(taker: str, name: str, known: Iterable[str], others: Mapping[str, str]) -> TypeError:
    """Return the error for a keyword argument that is not taken.

    Args:
        taker: what was called, such as "Route".
        name: the argument.
        known: those that are taken.
        others: what to write in the place of arguments that other frameworks take, by their names.

    >>> unexpected_argument("Route", "metods", ("path", "methods"), {})
    TypeError("Route got an unexpected keyword argument 'metods'; did you mean 'methods'?")
    >>> unexpected_argument("Router", "on_startup", ("routes",), {"on_startup": "lifespan=..."})
    TypeError("Router got an unexpected keyword argument 'on_startup': write lifespan=...")
    """
    from difflib import get_close_matches

    if name in others:
        hint = f": write {others[name]}"
    else:
        close = get_close_matches(name, [*known], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
    return TypeError(f"{taker} got an unexpected keyword argument {name!r}{hint}")


def check_arguments(cls: type[Any], given: Iterable[str], others: Mapping[str, str]) -> None:
    """Raise the `unexpected_argument` of a class for the first keyword argument that its constructor does not take."""
    from inspect import signature

    init: Any = cls.__init__
    known = signature(init).parameters
    for name in given:
        if name not in known:
            raise unexpected_argument(cls.__name__, name, known, others)
