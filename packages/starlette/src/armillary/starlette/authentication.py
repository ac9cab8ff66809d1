"""`starlette.authentication`."""

from __future__ import annotations

from armillary.authentication import (
    AuthCredentials as NativeAuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
    has_required_scope,
    requires,
)


class AuthCredentials(NativeAuthCredentials):
    """The scopes of a connection; a string is a list of its characters."""

    takes_text = True


__all__ = [
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "BaseUser",
    "SimpleUser",
    "UnauthenticatedUser",
    "has_required_scope",
    "requires",
]
