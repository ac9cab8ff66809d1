"""Whose key it is."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import Scope


def user_of(scope: Scope) -> str:
    """Return what identifies the user of a request, so that nobody gets a response stored for somebody else.

    It is the identity of `scope["user"]`, if an authentication middleware outside put an authenticated one there; else
    the Authorization header; else nothing, so that all clients without either share their keys.

    >>> user_of({"type": "http", "headers": [(b"authorization", b"Bearer x")]})
    'credentials:Bearer x'
    """
    user: Any = scope.get("user")
    if user is not None and getattr(user, "is_authenticated", False):
        try:
            return f"user:{user.identity}"
        except (AttributeError, NotImplementedError):
            return f"name:{user.display_name}"
    values = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"authorization"]
    return f"credentials:{','.join(values)}" if values else ""
