"""`starlette.middleware`."""

from __future__ import annotations

from armillary.asgi_types import Middleware, MiddlewareFactory as _MiddlewareFactory

__all__ = ["Middleware", "_MiddlewareFactory"]
