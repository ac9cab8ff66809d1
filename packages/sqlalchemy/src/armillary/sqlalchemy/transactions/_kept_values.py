"""The session and the state of a request, as they were before its endpoint first ran."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from copy import deepcopy
from typing import Any, Final, cast

SESSION_FLAGS: Final = ("modified", "rotated", "destroyed")
"""What a session records of the changes made; also the session of a part that is not installed."""


class KeptValues:
    """What `request.session` and `request.state` hold, to be restored before the endpoint runs again.

    The session is copied whole, since its values are data. Of the state only the names are kept: an object in it may be
    the application's and in use by other requests, which neither a copy nor an older content of it would serve.

    Args:
        scope: the scope of the request.

    Raises:
        TypeError: a value of the session cannot be copied.
    """

    def __init__(self, scope: Any) -> None:
        self._scope = scope
        self._session: Any = scope.get("session")
        self._values: dict[str, Any] | None = None
        if is_mapping(self._session):
            items = methods_of(self._session).items(self._session)
            self._values = {key: copied_value(key, value) for key, value in items}
        flags = {name: getattr(self._session, name, None) for name in SESSION_FLAGS}
        self._flags = {name: value for name, value in flags.items() if isinstance(value, bool)}
        state: Any = scope.get("state")
        self._state: dict[str, Any] = dict(state) if is_mapping(state) else {}

    def restore(self) -> None:
        """Restore both in place, since the request may already have handed them out."""
        if self._values is not None:
            self._scope["session"] = self._session
            replace_items(self._session, deepcopy(self._values))
            for name, value in self._flags.items():
                with suppress(AttributeError):  # it is computed
                    setattr(self._session, name, value)
        state: Any = self._scope.get("state")
        if is_mapping(state):
            replace_items(state, self._state)


def copied_value(key: Any, value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception as exc:
        raise TypeError(
            f"session[{key!r}] cannot be copied for a replay of the endpoint ({exc}); keep data in the session, or "
            "leave out retry= of @transactional"
        ) from exc


def is_mapping(value: object) -> bool:
    return isinstance(value, MutableMapping)


def methods_of(mapping: Any) -> Any:
    """Return the class whose methods to call: for a dict that is dict, which records no access or change."""
    plain: Any = dict
    return plain if isinstance(mapping, dict) else cast(Any, type(mapping))


def replace_items(mapping: Any, values: dict[str, Any]) -> None:
    """Give a mapping these values and no others."""
    methods_of(mapping).clear(mapping)
    methods_of(mapping).update(mapping, values)
