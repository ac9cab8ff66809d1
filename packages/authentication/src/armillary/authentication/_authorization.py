"""The `Authorization` header: a scheme and what belongs to it (RFC 9110 section 11.4)."""

from __future__ import annotations

from armillary.datastructures import HTTPConnection

from ._backend import AuthenticationError


def read_authorization(conn: HTTPConnection, scheme: str, challenge: str) -> str | None:
    """Return what follows the scheme; None if the header is missing or of another scheme.

    Raises:
        AuthenticationError: there are several headers, or the scheme has no credentials.
    """
    values = conn.headers.getlist("authorization")
    if not values:
        return None
    if len(values) > 1:
        raise AuthenticationError("Send one Authorization header", challenge=challenge)
    given_scheme, _, credentials = values[0].strip().partition(" ")
    if given_scheme.lower() != scheme:
        return None
    if not credentials.strip():
        raise AuthenticationError(f"The Authorization header has no {scheme} credentials", challenge=challenge)
    return credentials.strip()


def check_function(parameter: str, function: object) -> None:
    """Raise if a backend's function cannot be called."""
    if not callable(function):
        raise TypeError(f"{parameter} is an async function, got {function!r}")


def checked_realm(realm: str) -> str:
    """Return a realm that can be sent in a challenge.

    Raises:
        TypeError: it is not text.
        ValueError: it holds a quote, a backslash, a line break or a character beyond ASCII.
    """
    if not isinstance(realm, str):
        raise TypeError(f"realm is text, got {realm!r}")
    if not realm.isascii() or not realm.isprintable() or '"' in realm or "\\" in realm:
        raise ValueError(f"realm {realm!r} cannot be sent in a header; use plain ASCII without quotes")
    return realm
