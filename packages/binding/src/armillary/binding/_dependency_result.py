"""Whether what a dependency returns can be what the parameter is declared to be."""

from __future__ import annotations

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any, Final, get_args, get_origin

from ._place import BindingError
from ._type_hints import type_hints_of

_YIELDING: Final = (Generator, Iterator, AsyncGenerator, AsyncIterator)
_NUMBERS: Final = {int: 0, float: 1, complex: 2}
"""Each is good for the next (PEP 484)."""


def check_result(function: Callable[..., Any], name: str, declared: Any, dependency: Callable[..., Any]) -> None:
    """Check the type of a parameter against the result of the function it depends on.

    Only classes that cannot have an instance in common are told apart; a type checker does not look into `Annotated`.

    Raises:
        BindingError: the parameter is never what it is declared to be.
    """
    if isinstance(dependency, type):
        found: Any = dependency
    else:
        found = type_hints_of(dependency).get("return", Any)
        yields = inspect.isgeneratorfunction(dependency) or inspect.isasyncgenfunction(dependency)
        if yields and get_origin(found) in _YIELDING:
            found = get_args(found)[0]
    if not _is_class(declared) or not _is_class(found):
        return
    if _NUMBERS.get(found, 3) <= _NUMBERS.get(declared, -1):
        return
    try:
        related = issubclass(found, declared) or issubclass(declared, found)
    except TypeError:  # a protocol that cannot be asked
        return
    if not related:
        raise BindingError(
            function,
            f"parameter {name!r} is declared {declared.__name__}, and what it depends on, "
            f"{getattr(dependency, '__qualname__', dependency)}, returns {found.__name__}: declare one like the other",
        )


def _is_class(type_: Any) -> bool:
    # Since Python 3.11 Any is a class too.
    return isinstance(type_, type) and type_ is not Any and get_origin(type_) is None
