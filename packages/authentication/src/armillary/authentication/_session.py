"""Users who logged in earlier, found by their session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from armillary.asgi_types import caller_place, source_place
from armillary.datastructures import HTTPConnection

from ._authorization import check_function
from ._backend import AuthenticationBackend
from ._credentials import AuthCredentials
from ._user import BaseUser


class SessionBackend(AuthenticationBackend):
    """The identity that a log-in put into the session. Needs a session middleware outside of it.

    To log in, set `request.session["user"]` to the identity and call `request.session.rotate()`
    if the session has it; to log out, remove the key or call `destroy()`.

    Args:
        load: `await load(identity)` returning the user, or None for one that no longer exists.
        key: the session key of the identity; "user" by default.
        scopes: granted to the user; `["authenticated"]` by default.

    Raises:
        TypeError: a load that cannot be called, a key that is not text.
    """

    def __init__(
        self,
        load: Callable[[Any], Awaitable[BaseUser | None]],
        key: str = "user",
        scopes: Sequence[str] = ("authenticated",),
    ) -> None:
        check_function("load", load)
        if not isinstance(key, str):
            raise TypeError(f"key is text, got {key!r}")
        self.load = load
        self.key = key
        self._place = source_place(*caller_place())
        self.credentials: AuthCredentials = AuthCredentials(scopes)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Return the user whose identity is in the session."""
        if "session" not in conn.scope:
            raise AssertionError(
                f"the SessionBackend of {self._place} needs a session middleware outside of the authentication "
                "middleware: put Middleware(SessionMiddleware, ...) before it in the list, or add_middleware it later"
            )
        identity = conn.session.get(self.key)
        user = None if identity is None else await self.load(identity)
        return None if user is None else (AuthCredentials(self.credentials.scopes), user)
