"""`starlette.applications`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asterism.applications import Asterism
from asterism.asgi_types import ASGIApp, ExceptionHandler, Lifespan
from asterism.routing import BaseRoute

from .middleware import Middleware
from .middleware.body_limit import RequestBodyLimitMiddleware
from .middleware.errors import ServerErrorMiddleware
from .middleware.exceptions import ExceptionMiddleware
from .routing import Router

__all__ = ["Starlette"]


class Starlette(Asterism):
    """The native application with Starlette's defaults and order: no body limit, one guard outside all."""

    router_class = Router

    def __init__(
        self,
        debug: bool = False,
        routes: Sequence[BaseRoute] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: Mapping[Any, ExceptionHandler] | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        max_body_size: int | None = None,
    ) -> None:
        super().__init__(debug, routes, middleware, exception_handlers, lifespan, max_body_size=max_body_size)

    def build_middleware_stack(self) -> ASGIApp:
        inner = dict(self.exception_handlers)
        outermost = [inner.pop(key) for key in list(inner) if key in (500, Exception)]
        app: ASGIApp = ExceptionMiddleware(self.router, inner, self.debug)
        for cls, args, kwargs in self.user_middleware[::-1]:
            app = cls(app, *args, **kwargs)
        limit = getattr(self, "max_body_size", None)
        if limit is not None:
            app = RequestBodyLimitMiddleware(app, limit)
        return ServerErrorMiddleware(app, outermost[-1] if outermost else None, self.debug)

    def add_exception_handler(self, exc_class_or_status_code: Any, handler: ExceptionHandler) -> None:
        self.exception_handlers[exc_class_or_status_code] = handler
