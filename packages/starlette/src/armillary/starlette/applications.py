"""`starlette.applications`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, ExceptionHandler, Lifespan

from .middleware import Middleware
from .middleware.body_limit import RequestBodyLimitMiddleware
from .middleware.errors import ServerErrorMiddleware
from .middleware.exceptions import ExceptionMiddleware
from .routing import BaseRoute, Router

__all__ = ["Starlette"]


class Starlette(Armillary):
    """The native application with Starlette's defaults and order: no body limit, one guard outside all."""

    router_class = Router
    rejects_late_changes = False
    watches_stop_signals = False
    warns_in_debug = False

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
        del self.dependency_overrides  # by which programs know FastAPI's

    def check_exception_handler(self, key: Any, handler: Any) -> None:
        """Take any: what cannot be one is an error when the middleware is built."""

    def check_debug(self, debug: Any) -> None:
        """Take any."""

    def check_middleware(self, item: Any) -> Any:
        """Take any: what cannot be one is an error when the middleware is built."""
        return item

    def build_middleware_stack(self) -> ASGIApp:
        """Return the callable that serves connections.

        Each layer is a `Middleware` until it is built: tracing libraries patch that class to see
        them.
        """
        handlers = dict(self.exception_handlers)
        outermost = [handlers.pop(key) for key in list(handlers) if key in (500, Exception)]
        guard: ExceptionHandler | None = outermost[-1] if outermost else None
        layers = [Middleware(ExceptionMiddleware, handlers=handlers, debug=self.debug), *self.user_middleware[::-1]]
        limit = getattr(self, "max_body_size", None)
        if limit is not None:
            layers.append(Middleware(RequestBodyLimitMiddleware, limit))
        layers.append(Middleware(ServerErrorMiddleware, handler=guard, debug=self.debug))
        app: ASGIApp = self.router
        for cls, args, kwargs in layers:
            app = cls(app, *args, **kwargs)
        return app

    def add_route(  # type: ignore[override]  # the names of Starlette
        self,
        path: str,
        route: Callable[..., Any],
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        **options: Any,
    ) -> None:
        self.router.add_route(path, route, methods, name=name, include_in_schema=include_in_schema, **options)

    def add_exception_handler(self, exc_class_or_status_code: Any, handler: ExceptionHandler) -> None:
        self.exception_handlers[exc_class_or_status_code] = handler
