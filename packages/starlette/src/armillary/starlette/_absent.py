"""Members of native classes that Starlette's classes do not have."""

from __future__ import annotations

from typing import Any


class Absent:
    """A member that Starlette's class does not have: programs ask for it, or add one of the name if there is none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError(f"{owner.__name__!r} has no attribute {self._name!r}")
