"""What is decided for the value of a header, kept: a server sees few different values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

MAX_VALUES = 256
MAX_SIZE = 256
"""Bytes of a value that is kept."""


class ValueCache(dict[Any, ResultT]):
    """The results of a function of one value.

    Emptied when it is full, so that a client that sends ever other values cannot keep out those of the others. Read
    by its `__getitem__`, which takes a third of the instructions of `lru_cache` for bytes.

    Args:
        function: depends on the value alone.

    >>> ValueCache(len)["gzip, br"]
    8
    """

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[Any], ResultT]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: Any) -> ResultT:
        result = self._function(value)
        if len(value) <= MAX_SIZE:
            if len(self) >= MAX_VALUES:
                self.clear()
            self[value] = result
        return result
