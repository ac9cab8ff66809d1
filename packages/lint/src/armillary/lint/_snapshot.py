"""Whether an application left the caller's scope as the specification wrote it.

Keys may be added, and what lives inside `state` belongs to the application. A key of the
specification may be neither removed, replaced by another value, nor changed in place:
middleware that needs another value copies the scope first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._error import fail
from ._headers import is_one_shot

_SPEC_KEYS = (
    "type",
    "asgi",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "headers",
    "client",
    "server",
    "subprotocols",
    "extensions",
)
_MISSING = object()


def _frozen(value: Any) -> Any:
    """Copy what could be changed in place."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_frozen(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


class ScopeSnapshot:
    """The specification's keys of a scope as they were before the application ran."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope = scope
        self._before = {key: _frozen(scope[key]) for key in _SPEC_KEYS if key in scope and not is_one_shot(scope[key])}
        self._state = scope.get("state", _MISSING)

    def check(self, where: str) -> None:
        """Fail if a key is removed, replaced or changed."""
        for key, before in self._before.items():
            after = self._scope.get(key, _MISSING)
            if after is _MISSING:
                fail(where, f"the application removed {key!r} from the caller's scope", "copy the scope first")
            if after != before:
                fail(
                    where,
                    f"the application changed {key!r} in the caller's scope from {before!r} to {after!r}",
                    "copy the scope first: scope = dict(scope)",
                )
        if self._state is not _MISSING and self._scope.get("state") is not self._state:
            fail(where, "the application replaced 'state' in the caller's scope", "change what is in it instead")
