"""`starlette.middleware.exceptions`."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from armillary.asgi_types import ASGIApp, ExceptionHandler, HTTPException, Scope
from armillary.errors import ExceptionMiddleware as _NativeExceptionMiddleware

from .._exception_handler import SCOPE_KEY
from ..responses import PlainTextResponse, Response

__all__ = ["ExceptionMiddleware"]


class ExceptionMiddleware(_NativeExceptionMiddleware):
    """The native middleware, which also sets its handlers under Starlette's scope key.

    An exception that has a handler but comes after the response started is a `RuntimeError`. The
    two tables are live: error reporters replace handlers in them.
    """

    def __init__(
        self, app: ASGIApp, handlers: Mapping[Any, ExceptionHandler] | None = None, debug: bool = False
    ) -> None:
        super().__init__(app, None, debug)
        self._exception_handlers: dict[Any, ExceptionHandler] = dict(self.handlers)
        self._status_handlers: dict[Any, ExceptionHandler] = {}
        self.handlers = ChainMap(self._exception_handlers, self._status_handlers)  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
        self._tables = (self._exception_handlers, self._status_handlers)
        # Set even with only the defaults: a mounted application handles its own exceptions.
        self.has_own_handlers = True
        for key, handler in (handlers or {}).items():
            self.add_exception_handler(key, handler)

    def add_exception_handler(self, exc_class_or_status_code: Any, handler: ExceptionHandler) -> None:
        """Register a handler for a status code or an exception class."""
        by_class, by_status = self._tables
        if isinstance(exc_class_or_status_code, int):
            by_status[exc_class_or_status_code] = handler
            return
        if not issubclass(exc_class_or_status_code, Exception):
            raise AssertionError(
                f"exception handlers are for status codes and exceptions, got {exc_class_or_status_code}"
            )
        by_class[exc_class_or_status_code] = handler

    def register(self, scope: Scope) -> Any:
        scope[SCOPE_KEY] = self._tables
        return super().register(scope)

    async def http_exception(self, request: Any, exc: Exception) -> Any:
        """Return the response to an `HTTPException`: its detail as plain text, or as JSON if it is data."""
        assert isinstance(exc, HTTPException)
        if exc.status_code in {204, 304}:
            return Response(status_code=exc.status_code, headers=exc.headers)
        if isinstance(exc.detail, str):
            return PlainTextResponse(exc.detail, status_code=exc.status_code, headers=exc.headers)
        return await super().http_exception(request, exc)

    async def handle_after_start(self, handler: ExceptionHandler, request: Any, exc: Exception) -> None:
        raise RuntimeError("Caught handled exception, but response already started.") from exc
