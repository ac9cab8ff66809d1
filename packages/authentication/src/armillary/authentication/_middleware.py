"""Ask the backend, and put user and credentials into the scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from armillary.asgi_types import ASGIApp, HTTPException, Receive, Scope, Send, describe_function
from armillary.datastructures import HTTPConnection
from armillary.exchange import OriginPolicy, Rejection, can_reject_with_response, guard_accept, reject, rejection_of
from armillary.http import Response

from ._backend import AuthenticationBackend, AuthenticationError
from ._credentials import AuthCredentials
from ._user import UnauthenticatedUser

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
        allow_origins: origins, besides the server's own, whose pages may open a WebSocket with a user who is
            authenticated, such as "https://app.example.com"; none by default. The handler may allow more.

    Raises:
        TypeError: a backend without `authenticate`, or its class; an on_error that cannot be called.
        ValueError: an empty list.
    """

    default_on_error: OnError | None = None
    """Makes the response where there is no `on_error`; None for a 401 or 400 in plain text."""

    credentials_class: type[AuthCredentials] = AuthCredentials
    """The class of the credentials of a connection that has none."""

    checks_origins = True
    """Whether a page of another origin is rejected if it opens a WebSocket with a user."""

    def __init__(
        self,
        app: ASGIApp,
        backend: AuthenticationBackend | Sequence[AuthenticationBackend],
        on_error: OnError | None = None,
        allow_origins: Iterable[str] = (),
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
        self.on_error: OnError | None = self.default_on_error if on_error is None else on_error
        challenges = [getattr(each, "challenge", None) for each in self.backends]
        self.origin_policy: OriginPolicy | None = (
            OriginPolicy(allow_origins, check="always") if self.checks_origins else None
        )
        self.challenge: str = ", ".join([challenge for challenge in challenges if isinstance(challenge, str)])

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
        if self.challenge and isinstance(auth, AuthCredentials):  # a backend may return another class
            auth.challenge = self.challenge
        scope["auth"], scope["user"] = auth, user
        if scope["type"] == "websocket" and self.origin_policy is not None:
            send = guard_accept(scope, send, self.origin_policy)
        await self.app(scope, receive, send)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, object]:
        for backend in self.backends:
            found = await backend.authenticate(conn)
            if found is not None:
                if not isinstance(found, tuple | list):
                    raise TypeError(
                        f"{describe_function(backend.authenticate)} returned {found!r:.80}; return "
                        "(AuthCredentials([...]), user), or None for a connection without credentials"
                    )
                return found
        return self.credentials_class(), UnauthenticatedUser()

    async def reject(self, conn: HTTPConnection, exc: AuthenticationError, receive: Receive, send: Send) -> None:
        """Send the response that `on_error` makes, or by default the sentence of the error."""
        scope = conn.scope
        if self.on_error is None or (scope["type"] == "websocket" and not can_reject_with_response(scope)):
            await reject(scope, send, rejection_of_error(exc))
        else:
            await self.on_error(conn, exc)(scope, receive, send)


def rejection_of_error(exc: AuthenticationError) -> Rejection:
    """Return the error's sentence as a rejection: 401 if it has a challenge, else 400."""
    if exc.challenge is None:
        return Rejection(400, str(exc))
    return rejection_of(HTTPException(401, str(exc), headers={"WWW-Authenticate": exc.challenge}))
