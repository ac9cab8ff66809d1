"""Ask the backend, and put user and credentials into the scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asterism.asgi_types import ASGIApp, Receive, Scope, Send
from asterism.datastructures import HTTPConnection
from asterism.http import PlainTextResponse, Response

from ._backend import AuthenticationBackend, AuthenticationError
from ._credentials import AuthCredentials
from ._user import UnauthenticatedUser

OnError = Callable[[HTTPConnection, AuthenticationError], Response]


class AuthenticationMiddleware:
    """Make `request.user` and `request.auth` available to the application.

    Nobody is kept out here: who sends no credentials is an `UnauthenticatedUser` without scopes,
    and `requires` decides. Credentials that are malformed or wrong are answered at once: a request
    with 400, or 401 and a challenge; a WebSocket is refused before it is accepted.

    Args:
        app: the application.
        backend: one backend, or a list of which the first that knows the credentials decides.
        on_error: makes the response of an `AuthenticationError`.

    Raises:
        TypeError: a backend without `authenticate`.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: AuthenticationBackend | Sequence[AuthenticationBackend],
        on_error: OnError | None = None,
    ) -> None:
        self.app = app
        self.backends: list[AuthenticationBackend] = list(backend) if isinstance(backend, Sequence) else [backend]
        for each in self.backends:
            if not callable(getattr(each, "authenticate", None)):
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
            await self.refuse(conn, exc, receive, send)
            return
        if "user" in scope or "auth" in scope:
            scope = dict(scope)  # An outer part keeps its own there.
        scope["auth"], scope["user"] = auth, user
        await self.app(scope, receive, send)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, object]:
        for backend in self.backends:
            found = await backend.authenticate(conn)
            if found is not None:
                return found
        return AuthCredentials(), UnauthenticatedUser()

    async def refuse(self, conn: HTTPConnection, exc: AuthenticationError, receive: Receive, send: Send) -> None:
        if conn.scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": str(exc)[:100]})
        else:
            await self.on_error(conn, exc)(conn.scope, receive, send)

    @staticmethod
    def default_on_error(conn: HTTPConnection, exc: AuthenticationError) -> Response:
        """Answer with the error's sentence: 401 where it has a challenge, else 400."""
        challenge = getattr(exc, "challenge", None)
        if challenge is None:
            return PlainTextResponse(str(exc), status_code=400)
        return PlainTextResponse(str(exc), status_code=401, headers={"WWW-Authenticate": challenge})
