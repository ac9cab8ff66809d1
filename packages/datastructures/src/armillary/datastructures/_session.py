"""A session: a dict that tracks whether it was accessed and whether it was modified."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Self, TypeVar

from armillary.asgi_types import Scope, value_in_scope

T = TypeVar("T")


class SessionNotSaved(RuntimeError):
    """A session was changed when that could no longer be saved; the message says what to do instead."""


_NO_ID = "a session that is kept in its cookie has no id and no store to {}; use ServerSessionMiddleware, or clear() it"


class Session(dict[str, Any]):
    """What the application keeps about a visitor. Values must be JSON.

    Attributes:
        accessed: whether anything was read or written; the response then has `Vary: Cookie`.
        modified: whether a key was set or removed. A change inside a value, such as an append to a
            list, is found when the response starts, by comparing the session with what was loaded.

    >>> session = Session(a=1)
    >>> session["b"] = 2
    >>> session.modified
    True
    """

    accessed: bool = False
    modified: bool = False
    too_late: str | None = None
    """Why a change can no longer be saved; None as long as it can."""

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        """Return the session of a connection, for a parameter of a typed endpoint; this is not an access.

        Raises:
            RuntimeError: no session middleware of this kind is around the application.
        """
        provider = "SessionMiddleware" if cls is Session else f"the middleware that keeps a {cls.__name__}"
        return value_in_scope(cls, scope, "session", provider)

    def mark_modified(self) -> None:
        """Record that the session must be saved.

        Raises:
            SessionNotSaved: it can no longer be saved, as after the handshake of a WebSocket.
        """
        if self.too_late is not None:
            raise SessionNotSaved(self.too_late)
        self.accessed = self.modified = True

    def rotate(self) -> None:
        """Move the session to a new id, at a log-in: an id that somebody planted is then worthless.

        Raises:
            RuntimeError: the session has no id, such as one in a signed cookie.
        """
        raise RuntimeError(_NO_ID.format("rotate"))

    def destroy(self) -> None:
        """End the session at once, in the store too.

        Raises:
            RuntimeError: the session is in no store, such as one in a signed cookie.
        """
        raise RuntimeError(_NO_ID.format("destroy"))

    async def save(self) -> bool:
        """Save the changes now, as in a WebSocket; return False if another request has ended the session.

        Raises:
            RuntimeError: the session is in no store, such as one in a signed cookie.
        """
        raise RuntimeError(_NO_ID.format("save"))

    def mark_accessed(self) -> None:
        """Record that the response depends on the session."""
        self.accessed = True

    @property
    def is_empty(self) -> bool:
        """Whether the session is empty; reading this is not an access."""
        return super().__len__() == 0

    def snapshot(self) -> dict[str, Any]:
        """Return a shallow copy; this is not an access."""
        return super().copy()

    # Reading

    def __getitem__(self, key: str) -> Any:
        self.accessed = True
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.accessed = True
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.accessed = True
        return super().__iter__()

    def __len__(self) -> int:
        self.accessed = True
        return super().__len__()

    def __reversed__(self) -> Iterator[str]:
        self.accessed = True
        return super().__reversed__()

    def __eq__(self, other: object) -> bool:
        self.accessed = True
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        self.accessed = True
        return super().__ne__(other)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        self.accessed = True
        return super().__repr__()

    def __or__(self, other: Any) -> Any:
        self.accessed = True
        return super().__or__(other)

    def __ror__(self, other: Any) -> Any:
        self.accessed = True
        return super().__ror__(other)

    def get(self, key: str, default: Any = None) -> Any:
        self.accessed = True
        return super().get(key, default)

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        self.accessed = True
        return super().keys()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self.accessed = True
        return super().values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self.accessed = True
        return super().items()

    def copy(self) -> dict[str, Any]:
        self.accessed = True
        return super().copy()

    # Writing

    def __setitem__(self, key: str, value: Any) -> None:
        self.mark_modified()
        super().__setitem__(key, value)

    def __ior__(self, other: Any, /) -> Session:  # type: ignore[override]
        self.update(other)
        return self

    def clear(self) -> None:
        self.mark_modified()
        super().clear()

    def pop(self, key: str, *default: Any) -> Any:
        self.accessed = True
        if super().__contains__(key):
            self.mark_modified()
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        self.mark_modified()
        return super().popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        if not super().__contains__(key):
            self.mark_modified()
        self.accessed = True
        return super().setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self.mark_modified()
        super().update(*args, **kwargs)

    def __delitem__(self, key: str) -> None:
        self.mark_modified()
        super().__delitem__(key)
