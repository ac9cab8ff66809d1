"""How far a route matches a scope, and the error when no route has a name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Self


class Match(Enum):
    """How far a route matches a scope.

    `PARTIAL` means that the path matches and the method does not: the response is 405 unless a
    later route matches in full.

    It equals the member of the same name of the real Starlette's `Match`: packages for Starlette ask the routes of an
    application themselves, to name a request by its route, and compare what they get with that.
    """

    NONE = 0
    PARTIAL = 1
    FULL = 2

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        theirs: Any = getattr(sys.modules.get("starlette.routing"), "Match", None)
        return theirs is not None and other is getattr(theirs, self.name, None)

    __hash__ = Enum.__hash__


class NoMatchFound(Exception):
    """No route has this name and takes exactly these path parameters.

    If Starlette is loaded it is one of its `NoMatchFound` too: Starlette asks the routes of an
    application that is mounted in it, and goes on to its next route on that exception alone.

    Args:
        name: the name that was looked up, with its mounts as "api:users".
        path_params: the parameters that were given.

    >>> str(NoMatchFound("user", {"id": 1}))
    'No route exists for name "user" and params "id".'
    """

    def __new__(cls, name: str, path_params: Mapping[str, Any]) -> Self:
        made: Self = super().__new__(_starlette_compatible(cls), name, path_params)
        return made

    # Set by the router that was asked: the text of a failed look-up is made only if somebody reads it.
    explain: Callable[[str, Mapping[str, Any]], str] | None = None

    def __init__(self, name: str, path_params: Mapping[str, Any]) -> None:
        self.name = name
        self.path_params = path_params
        Exception.__init__(self, f'No route exists for name "{name}" and params "{", ".join(path_params)}".')

    def __str__(self) -> str:
        hint = "" if self.explain is None else self.explain(self.name, self.path_params)
        return f"{Exception.__str__(self)} {hint}".rstrip()


_combined_classes: dict[tuple[type, type], type] = {}


def _starlette_compatible(cls: type[Any]) -> type[Any]:
    """Return the exception class that is also Starlette's, if that is loaded and another one."""
    theirs = getattr(sys.modules.get("starlette.routing"), "NoMatchFound", None)
    if theirs is None or issubclass(cls, theirs) or issubclass(theirs, cls):
        return cls
    both = _combined_classes.get((cls, theirs))
    if both is None:
        both = _combined_classes[cls, theirs] = type(cls.__name__, (cls, theirs), {"__module__": cls.__module__})
    return both


class PathParameterError(AssertionError, ValueError):
    """A value given to `url_path_for` cannot be part of the path.

    A route would not match the URL, or would match it with another value.
    """
