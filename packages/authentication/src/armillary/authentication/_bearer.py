"""Bearer tokens (RFC 6750)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from armillary.datastructures import HTTPConnection

from ._authorization import check_function, checked_realm, read_authorization
from ._backend import AuthenticationBackend, AuthenticationError
from ._credentials import AuthCredentials
from ._user import BaseUser


class BearerBackend(AuthenticationBackend):
    """A token with every request, in the Authorization header alone: URLs end up in logs.

    Args:
        check: `await check(token)` returning the user, or a pair of scopes and user, or None if
            the token is wrong or has expired.
        realm: named in the challenge; "restricted" by default.
        scopes: granted if `check` returns a user alone; `["authenticated"]` by default.

    Raises:
        TypeError: a check that cannot be called, a realm that is not text.
        ValueError: a realm that cannot be sent in a header.
    """

    security_schemes: ClassVar[Mapping[str, Mapping[str, str]]] = {"bearer": {"type": "http", "scheme": "bearer"}}
    """What API documents say of it: Security Scheme Objects by name. A subclass may add `bearerFormat`."""

    def __init__(
        self,
        check: Callable[[str], Awaitable[BaseUser | tuple[AuthCredentials, BaseUser] | None]],
        realm: str = "restricted",
        scopes: Sequence[str] = ("authenticated",),
    ) -> None:
        check_function("check", check)
        self.check = check
        self.challenge: str = f'Bearer realm="{checked_realm(realm)}"'
        self.credentials: AuthCredentials = AuthCredentials(scopes)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Return the user whose token was sent."""
        token = read_authorization(conn, "bearer", self.challenge)
        if token is None:
            return None
        found = await self.check(token)
        if found is None:
            raise AuthenticationError(
                "The token is wrong or has expired", challenge=f'{self.challenge}, error="invalid_token"'
            )
        return found if isinstance(found, tuple) else (AuthCredentials(self.credentials.scopes), found)
