"""The aliases of ASGI and of handlers."""

from __future__ import annotations

from typing import TypeVar

from armillary.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    HTTPExceptionHandler,
    Lifespan,
    Message,
    Receive,
    Scope,
    Send,
    StatefulLifespan,
    StatelessLifespan,
    WebSocketExceptionHandler,
)

AppType = TypeVar("AppType")

__all__ = [
    "ASGIApp",
    "AppType",
    "ExceptionHandler",
    "HTTPExceptionHandler",
    "Lifespan",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "StatefulLifespan",
    "StatelessLifespan",
    "WebSocketExceptionHandler",
]
