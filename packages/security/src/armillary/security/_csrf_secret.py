"""Where the secret of a visitor's tokens is kept: in the session if there is one, else in a cookie of its own.

A cookie of its own can be planted, by a page on another name below the same domain, together with a token of it. What
is in the session cannot be, and leaves with it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from armillary.asgi_types import Scope, find_scope_record
from armillary.datastructures import HTTPConnection

from . import _csrf_token as tokens

SESSION_KEY = "csrf_secret"


def csrf_token(scope: Scope) -> str:
    """Return the token that a form or script of this visitor must send back.

    The response gets what the visitor needs to send it, whatever its content type: call this before the response
    starts. On an HTML page `scope["armillary"]["csrf_token"]` is the same.

    Args:
        scope: of a request that `CSRFMiddleware` has passed on.

    Raises:
        LookupError: it has not.
    """
    record = find_scope_record(scope)
    if record is None or "csrf_token" not in record:
        raise LookupError("there is no CSRF token here; put CSRFMiddleware around this application")
    record["csrf_token_read"] = True
    return record["csrf_token"]


class CSRFSecret:
    """The secret of one request's visitor.

    Args:
        scope: the request's.
        cookie_name: of the cookie that holds it where there is no session.

    Attributes:
        known: the secret the visitor has, None if there is none yet.
    """

    def __init__(self, scope: Scope, cookie_name: str) -> None:
        self._is_secure = scope.get("scheme") == "https"
        self._cookie_name = f"__Host-{cookie_name}" if self._is_secure else cookie_name
        self._session: MutableMapping[str, Any] | None = scope.get("session")
        found: object
        if self._session is None:
            found = HTTPConnection(scope).cookies.get(self._cookie_name)
        elif isinstance(self._session, dict):
            # Not by the session's own `get`, which would record that the response depends on the session.
            found = dict[str, Any].get(self._session, SESSION_KEY)
        else:
            found = self._session.get(SESSION_KEY)
        self.known: str | None = found if isinstance(found, str) and tokens.is_secret(found) else None

    def matches(self, token: str | None) -> bool:
        """Return whether a token is one of this secret."""
        return bool(self.known and token and tokens.matches(token, self.known))

    def keep(self, secret: str) -> list[tuple[bytes, bytes]]:
        """Give the visitor a secret; return the headers that the response needs for it."""
        if self._session is not None:
            self._session[SESSION_KEY] = secret
            return []
        cookie = f"{self._cookie_name}={secret}; path=/; SameSite=lax; HttpOnly"
        return [(b"set-cookie", (cookie + ("; Secure" if self._is_secure else "")).encode("latin-1"))]
