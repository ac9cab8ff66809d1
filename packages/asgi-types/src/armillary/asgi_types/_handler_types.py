"""What a table of exception handlers holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

HTTPExceptionHandler: TypeAlias = Callable[[Any, Any], Any | Awaitable[Any]]
"""`handler(request, exc)` returning a response, sync or async."""

WebSocketExceptionHandler: TypeAlias = Callable[[Any, Any], Awaitable[None] | None]
"""`handler(websocket, exc)`, sync or async."""

ExceptionHandler: TypeAlias = HTTPExceptionHandler | WebSocketExceptionHandler
ExceptionHandlers: TypeAlias = Mapping[int | type[Exception], ExceptionHandler]
