"""What a connection may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from armillary.asgi_types import Scope, value_in_scope
from armillary.datastructures import HTTPConnection


class AuthCredentials:
    """The scopes a connection was granted, such as "authenticated" or "orders:write".

    Attributes:
        scopes: a list of them.
        challenge: the `WWW-Authenticate` value that says how to authenticate, "" if nothing does; the
            middleware sets it.

    Raises:
        TypeError: a single string instead of a list.
    """

    challenge = ""

    takes_text: ClassVar[bool] = False
    """Whether a string is taken as a list of its characters, else it is an error."""

    def __init__(self, scopes: Sequence[str] | None = None) -> None:
        if isinstance(scopes, str) and not self.takes_text:
            raise TypeError(f"AuthCredentials takes a list of scopes; write [{scopes!r}]")
        self.scopes: list[str] = list(scopes or ())

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        """Return the credentials of a connection, for a parameter of a typed endpoint.

        Raises:
            RuntimeError: AuthenticationMiddleware is not around the application.
        """
        return value_in_scope(cls, scope, "auth", "AuthenticationMiddleware")

    def __repr__(self) -> str:
        return f"AuthCredentials({self.scopes!r})"


def has_required_scope(conn: HTTPConnection, scopes: Sequence[str]) -> bool:
    """Return whether the connection was granted every one of these scopes."""
    return set(scopes) <= set(conn.auth.scopes)
