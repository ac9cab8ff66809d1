"""The error about a function that cannot be bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armillary.asgi_types import describe_function


class BindingError(TypeError):
    """An endpoint cannot be bound: its signature is at fault. Raised when it is constructed.

    Args:
        function: the function at fault, named with its file and line.
        problem: what is wrong and what to write instead.
    """

    def __init__(self, function: Callable[..., Any], problem: str) -> None:
        super().__init__(f"{describe_function(function)}: {problem}")
