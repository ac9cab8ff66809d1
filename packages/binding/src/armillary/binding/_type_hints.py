"""The annotations of what is called."""

from __future__ import annotations

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, get_type_hints

from ._place import BindingError


def type_hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, a class or a callable object, with what `Annotated` adds.

    Raises:
        BindingError: one is text that does not resolve.
    """
    target: Any = function
    while isinstance(target, partial):
        target = target.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(target, type):
        target = inspect.getattr_static(target, "__init__")
    elif not inspect.isroutine(target):
        target = type(target).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except (NameError, AttributeError, SyntaxError) as exc:
        raise BindingError(
            function,
            f"an annotation does not resolve: {exc}; it has to be at the top level of the module, not in a function or "
            "only under TYPE_CHECKING",
        ) from exc
    except TypeError as exc:
        raise BindingError(function, f"an annotation is no type: {exc}") from exc
