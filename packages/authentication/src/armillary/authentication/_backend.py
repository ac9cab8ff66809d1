"""How credentials of a request become a user."""

from __future__ import annotations

from armillary.datastructures import HTTPConnection

from ._credentials import AuthCredentials
from ._user import BaseUser


class AuthenticationError(Exception):
    """The credentials that were sent are malformed or wrong.

    Args:
        *args: a sentence for the client.
        challenge: the `WWW-Authenticate` value that says how to try again (RFC 9110 section
            11.6.1); the response is then 401 instead of 400.
    """

    def __init__(self, *args: object, challenge: str | None = None) -> None:
        super().__init__(*args)
        self.challenge = challenge


class AuthenticationBackend:
    """Override `authenticate` to authenticate a connection."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Return scopes and user, or None if the connection has no credentials of this kind.

        Args:
            conn: a request or WebSocket, before it reaches the application.

        Raises:
            AuthenticationError: it has credentials, and they are malformed or wrong.
        """
        raise NotImplementedError(f"{type(self).__name__} must define authenticate")
