"""HTTP Basic authentication (RFC 7617)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from armillary.datastructures import HTTPConnection

from ._authorization import check_function, checked_realm, read_authorization
from ._backend import AuthenticationBackend, AuthenticationError
from ._credentials import AuthCredentials
from ._user import BaseUser

CONTROL_CHARACTERS = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
"""No user name or password has them (RFC 7617 section 2); in a log or a terminal they act."""


class BasicBackend(AuthenticationBackend):
    """Name and password with every request; only over https are they safe from eavesdropping.

    Args:
        check: `await check(username, password)` returning the user, or None if they are wrong.
            Compare with `same_secret`, and store passwords hashed.
        realm: what the browser shows; "restricted" by default.
        scopes: granted to the user; `["authenticated"]` by default.

    Raises:
        TypeError: a check that cannot be called, a realm that is not text.
        ValueError: a realm that cannot be sent in a header.
    """

    security_schemes: ClassVar[Mapping[str, Mapping[str, str]]] = {"basic": {"type": "http", "scheme": "basic"}}
    """What API documents say of it: Security Scheme Objects by name."""

    def __init__(
        self,
        check: Callable[[str, str], Awaitable[BaseUser | None]],
        realm: str = "restricted",
        scopes: Sequence[str] = ("authenticated",),
    ) -> None:
        check_function("check", check)
        self.check = check
        self.challenge: str = f'Basic realm="{checked_realm(realm)}", charset="UTF-8"'
        self.credentials: AuthCredentials = AuthCredentials(scopes)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Return the user whose name and password were sent."""
        encoded = read_authorization(conn, "basic", self.challenge)
        if encoded is None:
            return None
        try:
            username, colon, password = b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except ValueError:
            colon = username = password = ""
        if not colon or not CONTROL_CHARACTERS.isdisjoint(username + password):
            raise AuthenticationError("The Basic credentials are malformed", challenge=self.challenge)
        user = await self.check(username, password)
        if user is None:
            raise AuthenticationError("Wrong user name or password", challenge=self.challenge)
        return AuthCredentials(self.credentials.scopes), user
