"""Where a function is, for errors about it."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable
from functools import partial
from typing import Any


def describe_function(function: Callable[..., Any]) -> str:
    """Return the name of a function with its file and line.

    >>> describe_function(print)
    'print'
    """
    inner: Any = function
    while isinstance(inner, partial):
        inner = inner.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    inner = getattr(inner, "__wrapped__", inner)
    name: str = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    code = getattr(inner, "__code__", None) or getattr(getattr(_class_of(inner), "__call__", None), "__code__", None)  # noqa: B004
    return name if code is None else f"{name} ({code.co_filename}:{code.co_firstlineno})"


def _class_of(value: Any) -> Any:
    return type(value)


class BindingError(TypeError):
    """An endpoint cannot be bound: its signature is at fault. Raised when it is constructed.

    Args:
        function: the function at fault, named with its file and line.
        problem: what is wrong and what to write instead.
    """

    def __init__(self, function: Callable[..., Any], problem: str) -> None:
        super().__init__(f"{describe_function(function)}: {problem}")
