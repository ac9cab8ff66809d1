"""A middleware waiting for its application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._middleware_factory import MiddlewareFactory, P
from ._place import caller_place


class Middleware:
    """A middleware class or function with the arguments it will be given.

    Args:
        cls: called as `cls(app, *args, **kwargs)` when the stack is built.
        *args, **kwargs: passed on unchanged.

    Attributes:
        file, line: where it was written, for an error of the class, which is called later.

    Iterating gives `cls`, `args`, `kwargs`, in that order.

    >>> Middleware(print, 1, end="")
    Middleware(print, 1, end='')
    """

    def __init__(self, cls: MiddlewareFactory[P], *args: P.args, **kwargs: P.kwargs) -> None:
        if not callable(cls):
            hint = f"; write {cls.cls.__name__}, ..., without Middleware()" if isinstance(cls, Middleware) else ""
            raise TypeError(f"Middleware takes a class or function as its first argument, got {cls!r}{hint}")
        code: Any = None if isinstance(cls, type) else getattr(type(cls).__call__, "__code__", None)
        if code is not None and code.co_varnames[1:4] == ("scope", "receive", "send"):
            name = type(cls).__name__
            raise TypeError(
                f"Middleware takes a class and its arguments, not an instance: write Middleware({name}, ...)"
            )
        self.cls: MiddlewareFactory[...] = cls
        self.args: tuple[Any, ...] = args
        self.kwargs: dict[str, Any] = kwargs
        self.file: str
        self.line: int
        self.file, self.line = caller_place()

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cls, self.args, self.kwargs))

    def __repr__(self) -> str:
        name = getattr(self.cls, "__name__", type(self.cls).__name__)
        parts = [name, *map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{type(self).__name__}({', '.join(parts)})"
