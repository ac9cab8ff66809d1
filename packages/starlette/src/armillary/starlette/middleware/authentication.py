"""`starlette.middleware.authentication`: a rejected WebSocket is closed with 1000, any error is a 400."""

from __future__ import annotations

from armillary.asgi_types import Receive, Send
from armillary.authentication import AuthenticationError, AuthenticationMiddleware as NativeAuthenticationMiddleware

from ..authentication import AuthCredentials
from ..requests import HTTPConnection
from ..responses import PlainTextResponse, Response

__all__ = ["AuthenticationMiddleware"]


class AuthenticationMiddleware(NativeAuthenticationMiddleware):
    """The native middleware with Starlette's responses."""

    credentials_class = AuthCredentials
    checks_origins = False

    async def reject(self, conn: HTTPConnection, exc: AuthenticationError, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if conn.scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await super().reject(conn, exc, receive, send)

    @staticmethod
    def default_on_error(conn: HTTPConnection, exc: Exception) -> Response:  # type: ignore[override]
        """Respond with 400 and the error's message."""
        return PlainTextResponse(str(exc), status_code=400)
