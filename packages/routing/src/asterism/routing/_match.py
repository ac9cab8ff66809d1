"""What a route answers when asked about a scope, and the error when no route has a name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Match(Enum):
    """How far a route matches a scope.

    `PARTIAL` means that the path matches and the method does not: the answer is 405 unless a
    later route matches in full.
    """

    NONE = 0
    PARTIAL = 1
    FULL = 2


class NoMatchFound(Exception):
    """No route has this name and takes exactly these path parameters.

    Args:
        name: the name that was looked up, with its mounts as "api:users".
        path_params: the parameters that were given.

    >>> str(NoMatchFound("user", {"id": 1}))
    'No route exists for name "user" and params "id".'
    """

    def __init__(self, name: str, path_params: Mapping[str, Any]) -> None:
        self.name = name
        self.path_params = path_params
        super().__init__(f'No route exists for name "{name}" and params "{", ".join(path_params)}".')


class PathParameterError(AssertionError, ValueError):
    """A value given to `url_path_for` cannot stand in the path.

    A route would not match the URL, or would match it with another value.
    """
