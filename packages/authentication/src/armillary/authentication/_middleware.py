"""Ask the backend, and put user and credentials into the scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import HTTPConnection
from armillary.http import PlainTextResponse, Response

from ._backend import AuthenticationBackend, AuthenticationError
from ._credentials import AuthCredentials
from ._user import UnauthenticatedUser

MAX_CLOSE_REASON_BYTES = 123
"""The most bytes a close frame's reason holds (RFC 6455 section 5.5)."""

OnError = Callable[[HTTPConnection, AuthenticationError], Response]


class AuthenticationMiddleware:
    """Make `request.user` and `request.auth` available to the application.

    A connection without credentials is not rejected here: it gets an `UnauthenticatedUser` without
    scopes, and `requires` decides. Credentials that are malformed or wrong are rejected at once: the
    response to a request is 400, or 401 and a challenge; a WebSocket is rejected before it is
    accepted, with the same response if the server can send one.

    Args:
        app: the application.
        backend: one backend, or a list; the first that finds credentials of its kind decides.
        on_error: makes the response to an `AuthenticationError`.

    Raises:
        TypeError: a backend without `authenticate`, or its class; an on_error that cannot be called.
        ValueError: an empty list.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: AuthenticationBackend | Sequence[AuthenticationBackend],
        on_error: OnError | None = None,
    ) -> None:
        self.app = app
        self.backends: list[AuthenticationBackend] = list(backend) if isinstance(backend, Sequence) else [backend]
        if not self.backends:
            raise ValueError("backend is an empty list; give at least one, or leave the middleware out")
        if on_error is not None and not callable(on_error):
            raise TypeError(f"on_error is a function making a response, got {on_error!r}")
        for each in self.backends:
            if isinstance(each, type) or not callable(getattr(each, "authenticate", None)):
                raise TypeError(f"backend must be an AuthenticationBackend or a list of them, got {each!r}")
        self.on_error: OnError = self.default_on_error if on_error is None else on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        conn = HTTPConnection(scope)
        try:
            auth, user = await self.authenticate(conn)
        except AuthenticationError as exc:
            await self.reject(conn, exc, receive, send)
            return
        if "user" in scope or "auth" in scope:
            scope = dict(scope)  # An outer middleware keeps its own values.
        scope["auth"], scope["user"] = auth, user
        await self.app(scope, receive, send)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, object]:
        for backend in self.backends:
            found = await backend.authenticate(conn)
            if found is not None:
                return found
        return AuthCredentials(), UnauthenticatedUser()

    async def reject(self, conn: HTTPConnection, exc: AuthenticationError, receive: Receive, send: Send) -> None:
        scope = conn.scope
        if scope["type"] == "websocket" and "websocket.http.response" not in (scope.get("extensions") or ()):
            await send({"type": "websocket.close", "code": 1008, "reason": close_reason(str(exc))})
        else:
            await self.on_error(conn, exc)(scope, receive, send)

    @staticmethod
    def default_on_error(conn: HTTPConnection, exc: AuthenticationError) -> Response:
        """Return the error's sentence as a response: 401 if it has a challenge, else 400."""
        challenge = getattr(exc, "challenge", None)
        if challenge is None:
            return PlainTextResponse(str(exc), status_code=400)
        return PlainTextResponse(str(exc), status_code=401, headers={"WWW-Authenticate": challenge})


def close_reason(sentence: str) -> str:
    """Return as much of a sentence as a close frame holds, on one line."""
    line = "".join([character if character.isprintable() else " " for character in sentence])
    return line.encode("utf-8", "replace")[:MAX_CLOSE_REASON_BYTES].decode("utf-8", "ignore")
