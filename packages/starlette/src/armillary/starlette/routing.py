"""Routes, mounts, hosts and the router."""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from types import EllipsisType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from armillary.asgi_types import ASGIApp, HTTPException, Lifespan, Middleware, Receive, Scope, Send
from armillary.http import request_response as native_request_response
from armillary.routing import (
    BaseRoute as NativeBaseRoute,
    Convertor,
    Host as NativeHost,
    Match,
    Mount as NativeMount,
    NoMatchFound,
    Route as NativeRoute,
    Router as NativeRouter,
    RoutingPolicy,
    WebSocketRoute as NativeWebSocketRoute,
    compile_path as native_compile_path,
    replace_params as native_replace_params,
)

from ._absent import Absent
from ._utils import is_async_callable
from ._watched_routes import WatchedRoute, WatchedRouteList
from ._websocket_session import websocket_session
from .concurrency import run_in_threadpool
from .datastructures import URL
from .requests import Request
from .responses import RedirectResponse

Endpoint: TypeAlias = Callable[..., Any]
MiddlewareList: TypeAlias = Sequence[Middleware] | None

PARAM_REGEX = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}")
PARAM_FORMAT_REGEX = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)}")

__all__ = [
    "PARAM_FORMAT_REGEX",
    "PARAM_REGEX",
    "BaseRoute",
    "HTTPException",
    "Host",
    "Match",
    "Mount",
    "NoMatchFound",
    "Route",
    "Router",
    "WebSocketRoute",
    "compile_path",
    "get_name",
    "replace_params",
    "request_response",
    "websocket_session",
]


def request_response(func: Callable[[Request], Awaitable[Any] | Any]) -> ASGIApp:
    """Return an ASGI application that calls `func(request)` and sends the response it returns."""
    if is_async_callable(func):
        return native_request_response(func, request_class=Request)

    @wraps(func)
    async def in_thread(request: Request) -> Any:
        return await run_in_threadpool(func, request)

    return native_request_response(in_thread, request_class=Request)


def get_name(endpoint: Endpoint) -> str:
    """Return the name of a function or class, or of an instance's class."""
    return str(getattr(endpoint, "__name__", type(endpoint).__name__))


def compile_path(path: str) -> tuple[re.Pattern[str], str, dict[str, Convertor[Any]]]:
    """Return regex, format and convertors of a template; a stray brace is text."""
    return native_compile_path(path, lenient=True)


def replace_params(
    path: str, param_convertors: Mapping[str, Convertor[Any]], path_params: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Fill a format, and return it with the parameters it does not hold; `KeyError` for one without a convertor."""
    for name in path_params:
        if name not in param_convertors and f"{{{name}}}" in path:
            raise KeyError(name)
    return native_replace_params(path, param_convertors, path_params)


def body_limit(app: ASGIApp, limit: int | EllipsisType | None) -> ASGIApp:
    """Return `app` under a limit on its request body; None and `...` are no limit."""
    if limit is None or limit is ...:
        return app
    from .middleware.body_limit import RequestBodyLimitMiddleware

    return RequestBodyLimitMiddleware(app, limit)


class _Policy(RoutingPolicy):
    """Starlette's choices among those of `RoutingPolicy`: paths are text, and scopes change in place."""

    lenient_paths: ClassVar[bool] = True
    encodes_paths: ClassVar[bool] = False
    keeps_missing_params: ClassVar[bool] = True
    scope_in_place: ClassVar[bool] = True
    takes_websockets: ClassVar[bool] = False
    allow_union: ClassVar[bool] = False
    scope_error: ClassVar[type[Exception]] = AssertionError
    errors_as_text: ClassVar[bool] = True


class BaseRoute(_Policy, WatchedRoute, NativeBaseRoute):
    """A route. The match is written into the caller's own scope, `root_path` included."""

    def raises(self, scope: Scope) -> bool:
        """Return whether an application above renders exceptions."""
        return "app" in scope

    def check_callable(self, value: Any, parameter: str) -> Any:
        """Take any: what cannot be called is an error when a request comes."""
        return value


async def not_callable(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail as a route does that was given None for an endpoint."""
    raise TypeError("'NoneType' object is not callable")


def check_path(path: str) -> str:
    """Return a path that starts with a slash; else raise what Starlette raises."""
    if not path.startswith("/"):
        raise AssertionError("Routed paths must start with '/'")
    return path


class Route(BaseRoute, NativeRoute):
    """A path and the endpoint that handles HTTP requests for it."""

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: MiddlewareList = None,
        max_body_size: int | EllipsisType | None = None,
    ) -> None:
        super().__init__(
            check_path(path),
            endpoint,
            methods=methods,
            name=name,
            include_in_schema=include_in_schema,
            middleware=middleware,
            max_body_size=... if max_body_size is None else max_body_size,
        )
        if endpoint is None and self.app is None:
            self.app = not_callable

    def method_set(self, methods: Iterable[str] | None) -> set[str] | None:
        if methods is None:
            return None
        names = {method.upper() for method in methods}
        return names | {"HEAD"} if "GET" in names else names

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        return request_response(endpoint)

    def limited_app(self, app: ASGIApp, limit: Any, *, counts: bool) -> ASGIApp:
        return body_limit(app, limit)


class WebSocketRoute(BaseRoute, NativeWebSocketRoute):
    """A path and the endpoint that handles WebSockets on it."""

    if not TYPE_CHECKING:
        include_in_schema = Absent()

    def __init__(
        self, path: str, endpoint: Endpoint, *, name: str | None = None, middleware: MiddlewareList = None
    ) -> None:
        super().__init__(check_path(path), endpoint, name=name, middleware=middleware)
        del self.include_in_schema

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        return websocket_session(endpoint)


class Mount(BaseRoute, NativeMount):
    """A path prefix and the application, or the routes, below it."""

    runs_lifespan = False

    def __init__(
        self,
        path: str,
        app: ASGIApp | None = None,
        routes: Iterable[NativeBaseRoute] | None = None,
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: int | None = None,
    ) -> None:
        if app is None and routes is None:
            raise AssertionError("Either 'app=...', or 'routes=' must be specified")
        super().__init__(
            path and check_path(path),
            app,
            routes if app is None else None,
            name,
            middleware=middleware,
            max_body_size=... if max_body_size is None else max_body_size,
        )

    def router_for(self, routes: Iterable[NativeBaseRoute]) -> ASGIApp:
        return Router(routes=routes)

    def limited_app(self, app: ASGIApp, limit: Any) -> ASGIApp:
        return body_limit(app, limit)

    def match_below(self, scope: Scope, path: str) -> tuple[Scope, str | None] | None:
        """Return the keys of the scope below; of a path that lacks the server's prefix, nothing says what is left."""
        found = super().match_below(scope, path)
        if found is not None and not scope["path"].startswith(scope.get("root_path", "")):
            child, _ = found
            del child["armillary.mount"]
            return child, None
        return found


class Host(BaseRoute, NativeHost):
    """A host name and the application that serves it."""

    runs_lifespan = False

    def __init__(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        if host.startswith("/"):
            raise AssertionError("Host must not start with '/'")
        super().__init__(host, app, name)


class Router(_Policy, NativeRouter):
    """Dispatches each connection to its route."""

    route_list_type = WatchedRouteList
    http_route_type = Route
    websocket_route_type = WebSocketRoute
    mount_type = Mount
    host_type = Host

    def __init__(
        self,
        routes: Iterable[NativeBaseRoute] | None = None,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: int | None = None,
    ) -> None:
        super().__init__(
            routes,
            redirect_slashes,
            default,
            lifespan,
            middleware=middleware,
            max_body_size=... if max_body_size is None else max_body_size,
        )

    def raises(self, scope: Scope) -> bool:
        """Return whether an application above renders exceptions."""
        return "app" in scope

    def check_callable(self, value: Any, parameter: str) -> Any:
        """Take any: what cannot be called is an error when a request comes."""
        return value

    def redirect(self, scope: Scope) -> ASGIApp:
        url = URL(scope=scope)
        path = url.path.rstrip("/") if url.path.endswith("/") else url.path + "/"
        return RedirectResponse(url=str(url.replace(path=path)))

    def limited_app(self, app: ASGIApp, limit: Any) -> ASGIApp:
        return body_limit(app, limit)

    def lifespan_of(self, lifespan: Any) -> Any:
        flags = getattr(getattr(lifespan, "__code__", None), "co_flags", 0)
        if flags & ASYNC_GENERATOR:
            warn_of_generator("async generator")
            return asynccontextmanager(lifespan)
        if flags & GENERATOR:
            warn_of_generator("generator")
            return entered_in_place(contextmanager(lifespan))
        if lifespan is not None and not callable(lifespan):
            return lifespan  # an error when it is entered
        return super().lifespan_of(lifespan)

    def add_route(
        self,
        path: str,
        endpoint: Endpoint,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        **options: Any,
    ) -> None:
        super().add_route(path, endpoint, methods, name=name, include_in_schema=include_in_schema, **options)

    def add_websocket_route(self, path: str, endpoint: Endpoint, name: str | None = None, **options: Any) -> None:
        super().add_websocket_route(path, endpoint, name=name, **options)


GENERATOR = 0x20  # inspect.CO_GENERATOR
ASYNC_GENERATOR = 0x200  # inspect.CO_ASYNC_GENERATOR


def warn_of_generator(kind: str) -> None:
    """Warn from this module under the name `starlette.routing`."""
    from .exceptions import StarletteDeprecationWarning

    warnings.warn_explicit(
        f"{kind} function lifespans are deprecated, use an @contextlib.asynccontextmanager function instead",
        StarletteDeprecationWarning,
        filename=__file__,
        lineno=0,
        module=__name__.removeprefix("armillary."),
    )


def entered_in_place(lifespan: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an async lifespan that enters and leaves a sync one."""

    @asynccontextmanager
    async def entered(app: Any) -> AsyncGenerator[Any, None]:
        with lifespan(app) as state:
            yield state

    return entered
