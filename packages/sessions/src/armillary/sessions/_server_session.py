"""A session kept on the server, and how its changes are merged with those of other requests.

Requests that run at the same time for one visitor each change their own copy. What is saved is the
difference: the keys that a request set or removed, applied to whatever is stored by then. Two
requests that set different keys are both kept; if both set the same key, the later save wins.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from armillary.datastructures import Session


class ServerSession(Session):
    """A `Session` that can be ended at once and given another id.

    Call `rotate()` when a user logs in or gains rights, `destroy()` when a user logs out.
    """

    saver: Callable[[], Awaitable[bool]] | None = None
    rotated: bool = False
    destroyed: bool = False

    def __init__(self, data: str = "{}") -> None:
        loaded: dict[str, Any] = json.loads(data)
        super().__init__(loaded)
        self.before: dict[str, str] = json_by_key(loaded)

    def rotate(self) -> None:
        """Move the session to a new id; the old one is invalid with this response (no fixation)."""
        self.rotated = True
        self.mark_modified()

    def destroy(self) -> None:
        """Empty the session, delete it in the store and remove the cookie."""
        self.clear()
        self.destroyed = True

    async def save(self) -> bool:
        """Save the changes now, as in a WebSocket or a stream that goes on for long.

        A WebSocket also saves them when it ends.

        Returns:
            False if another request has ended the session, so there is nothing to save it over.

        Raises:
            SessionConflict: other requests kept changing it.
            SessionNotSaved: the session has no id that the client knows, since it began or was rotated after the
                response or the handshake.
            StoreUnavailable: the store cannot be reached.
            RuntimeError: the session is not one of a request.
        """
        if self.saver is None:
            raise RuntimeError("this session is not one of a request; save it through ServerSessionMiddleware")
        return await self.saver()

    @property
    def changed_inside(self) -> bool:
        """Whether a value was changed in place, which no method call reports."""
        return self.accessed and json_by_key(self.copy()) != self.before

    def rebase(self) -> None:
        """Take the present values as those that were loaded."""
        self.before = json_by_key(self.copy())
        self.modified = False

    def merged_into(self, data: str) -> str:
        """Return stored data with the changes of this session."""
        now = json_by_key(self.copy())
        stored = json_by_key(json.loads(data))
        for key in self.before.keys() - now.keys():
            stored.pop(key, None)
        stored.update({key: value for key, value in now.items() if self.before.get(key) != value})
        return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in stored.items()) + "}"


def json_by_key(data: dict[str, Any]) -> dict[str, str]:
    """Return each value as JSON.

    Raises:
        TypeError: a key that is not a string, or a value that is not JSON; the message names it.
    """
    texts: dict[str, str] = {}
    for key, value in data.items():
        if not isinstance(key, str):
            raise TypeError(f"session key {key!r} must be a string")
        try:
            texts[key] = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as exc:
            raise TypeError(f"session[{key!r}] cannot be stored as JSON: {exc}") from None
    return texts
