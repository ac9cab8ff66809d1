"""The application: routing, error handling, middleware and lifespan as one ASGI callable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, Unpack

from armillary.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    Lifespan,
    Message,
    Middleware,
    MiddlewareFactory,
    Receive,
    Scope,
    Send,
    StopSignal,
    check_arguments,
    describe_function,
    find_scope_record,
    scope_record,
    source_place,
)
from armillary.datastructures import State, URLPath
from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.exchange import DEFAULT_MAX_BODY_SIZE, check_body_limit, check_exception_handler
from armillary.routing import BaseRoute, Dependency, Registration, RouteArguments, Router, WebSocketArguments

from ._boundary import Boundary, always, selector
from ._handler_checks import check_handler_parameters, handler_table
from ._middleware_arguments import checked_application, checked_middleware, listed_middleware
from ._startup_settings import StartupSetting

P = ParamSpec("P")


class Description(Protocol):
    """What describes an application, and adds routes to it that show the description."""

    def add_to(self, app: Any, /) -> None:
        """Describe an application."""
        ...


class Armillary(Registration):
    """An ASGI application made of routes, exception handlers, middleware and a lifespan.

    Args:
        debug: respond to unhandled exceptions with the debug page, which shows source.
        routes: tried in order; `app.routes` may be changed at any time.
        middleware: around the routes, the first being outermost. 500 responses pass through it.
        exception_handlers: status codes and exception classes to handlers. The handler under 500
            or `Exception` handles what is left; that exception is re-raised after the response.
        lifespan: a function of the application returning an async context manager, entered before
            the first connection; the mapping it may yield becomes the state of each connection.
        max_body_size: bytes a request body may have, counted as they are received; None for no
            limit. By default 16 MiB, or what an outer application has set. Mounts and routes
            may set their own.
        openapi: `armillary.openapi.OpenAPI(title=..., version=...)`, which describes the application and adds its
            document and pages to the routes: /openapi.json and /docs.
        dependencies: called for all that the routes serve, these pages included, before a route is looked for:
            functions, or `armillary.binding.Depends(...)` and `Policy(...)`. They cannot take path parameters.

    Attributes:
        state: a namespace for the program's use.
        dependency_overrides: functions to call in the place of others that typed endpoints depend on; for tests.
        router: the `Router` of the routes.
        exception_handlers, user_middleware: those given and added; read when the application starts, after which a
            change raises `RuntimeError`.
        middleware_stack: the callable built from all of it on the first connection; None before.

    Raises:
        TypeError: an argument is not what it should be; the message says which and why.

    >>> from armillary.http import JSONResponse
    >>> from armillary.routing import Route
    >>> async def homepage(request):
    ...     return JSONResponse({"hello": "world"})
    >>> app = Armillary(routes=[Route("/", homepage)])
    >>> app.url_path_for("homepage")
    '/'
    """

    router_class: ClassVar[type[Router]] = Router
    """The class of `router`."""

    keeps_lifespan_state: ClassVar[bool] = True
    """If an outer application runs the lifespan, give its state only to the connections of this one."""

    rejects_late_changes: ClassVar[bool] = True
    """Raise `RuntimeError` if `exception_handlers` or `user_middleware` is changed once the application has started."""

    watches_stop_signals: ClassVar[bool] = True
    """Learn of SIGTERM and SIGINT while the lifespan runs, so that event streams and WebSockets end and do not hold up
    the server's stop. `armillary.background.Stopping` around the application does so in its place."""

    warns_in_debug: ClassVar[bool] = True
    """While `debug` is true and the lifespan runs, log routes that can never match, names that two routes have, and
    calls that block the event loop for longer than 100 ms."""

    keeps_record: ClassVar[bool] = False
    """The interface in docs/scope-keys.md: what is around this application tracks it, and asks with each connection."""

    show_locals: bool = False
    """Whether the debug page lists local variables; set it before the first connection."""

    debug: bool
    state: State
    router: Router
    max_body_size: int | None
    exception_handlers: StartupSetting[dict[Any, ExceptionHandler]] = StartupSetting[dict[Any, ExceptionHandler]](dict)
    user_middleware: StartupSetting[list[Middleware]] = StartupSetting[list[Middleware]](list)

    middleware_stack: ASGIApp | None = None

    # What the lifespan yielded if another application ran it.
    _adopted_state: Mapping[str, Any] | None = None
    # Set when the server stops, while the lifespan of this application runs.
    _stopping: StopSignal | None = None
    _limit_is_explicit: bool = False

    def __init__(
        self,
        debug: bool = False,
        routes: Sequence[BaseRoute] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: Mapping[Any, ExceptionHandler] | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        max_body_size: int | EllipsisType | None = ...,
        openapi: Description | None = None,
        dependencies: Sequence[Dependency] = (),
    ) -> None:
        self.check_debug(debug)
        self.debug = debug
        self.state = State()
        self.dependency_overrides: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._limit_is_explicit = max_body_size is not ...
        self._adopted_state = None
        self._stopping = None
        self.max_body_size = (
            DEFAULT_MAX_BODY_SIZE if isinstance(max_body_size, EllipsisType) else check_body_limit(max_body_size)
        )
        for key, handler in handler_table(exception_handlers).items():
            self.check_exception_handler(key, handler)
        self.exception_handlers = dict(exception_handlers or {})
        self.user_middleware = [self.check_middleware(item) for item in listed_middleware(middleware)]
        arguments: dict[str, Any] = {"dependencies": dependencies} if dependencies else {}
        self.router = self.router_class(routes, lifespan=lifespan, **arguments)
        if openapi is not None:
            if not hasattr(openapi, "add_to") or isinstance(openapi, type):
                raise TypeError(f"openapi takes an armillary.openapi.OpenAPI, got {openapi!r}; write openapi=OpenAPI()")
            openapi.add_to(self)

    if not TYPE_CHECKING:  # type checkers name what is not there themselves

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            if kwargs and cls.__init__ is Armillary.__init__:
                from ._other_names import ARGUMENTS

                check_arguments(cls, kwargs, ARGUMENTS)
            return super().__new__(cls)

        def __getattr__(self, name: str) -> Any:
            from inspect import getattr_static

            from ._other_names import missing_attribute

            if getattr_static(type(self), name, None) is not None:  # a property: its own error is raised again
                return object.__getattribute__(self, name)
            raise missing_attribute(self, name)

    def check_exception_handler(self, key: Any, handler: Any) -> None:
        """Raise TypeError or ValueError for a key or handler that cannot be one; override to take any."""
        check_exception_handler(key, handler)
        check_handler_parameters(key, handler)

    def check_debug(self, debug: Any) -> None:
        """Raise TypeError for what is neither True nor False; override to take any."""
        if not isinstance(debug, bool):
            if isinstance(debug, dict):
                raise TypeError("the class was called with a scope, as an application is: write app = Armillary(...)")
            hint = "write Armillary(routes=[...])" if isinstance(debug, list | tuple) else "write True or False"
            raise TypeError(f"debug, the first argument, is True or False, got {debug!r}; {hint}")

    def check_middleware(self, item: Any) -> Any:
        """Return a `Middleware`, or raise TypeError; override to take others."""
        return checked_middleware(item)

    @property
    def dependencies(self) -> tuple[Any, ...]:
        """Those called for all that the routes serve."""
        return self.router.dependencies

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order they are tried. Change the list as you like."""
        return self.router.routes

    # -- serving -------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if "router" in scope:
            below = self.router.isolated_scope(scope)
            if below is not scope:
                await self._serve_isolated(scope, below, receive, send)
                return
        scope["app"] = self
        stack = self.middleware_stack
        if stack is None:
            stack = self.middleware_stack = self.build_middleware_stack()
        if scope["type"] == "lifespan":
            await self._serve_lifespan(stack, scope, receive, send)
            return
        if self._stopping is not None:
            scope_record(scope).setdefault("stopping", self._stopping)
        if self._adopted_state is not None:
            scope["state"] = {**scope.get("state", {}), **self._adopted_state}
        await stack(scope, receive, send)

    async def _serve_isolated(self, scope: Scope, below: Scope, receive: Receive, send: Send) -> None:
        """Serve below the router of another framework, whose scope keeps its application and router."""
        try:
            await self(below, receive, send)
        finally:
            scope.update({key: below[key] for key in ("endpoint", "path_params", "route") if key in below})

    # -- building ------------------------------------------------------------------------------

    def build_middleware_stack(self) -> ASGIApp:
        """Return the callable that serves connections, made of the router and all middleware.

        From the outside in: a boundary that limits bodies and handles what the middleware raises, the program's
        middleware, a boundary that handles what the router raises, the router. The second boundary is why the responses
        to exceptions, 500s too, pass through the program's middleware; each exception is reported and handled once.
        Without middleware of the program's own one boundary does all of it.
        """
        server_error = None
        table: dict[Any, ExceptionHandler] = {}
        for key, handler in self.exception_handlers.items():
            if key in (500, Exception):
                server_error = handler
            else:
                table[key] = handler
        guard = ServerErrorMiddleware(self.router, handler=server_error, debug=self.debug, show_locals=self.show_locals)
        handlers = ExceptionMiddleware(self.router, handlers=table, debug=self.debug)
        limit, is_explicit = self.max_body_size, self._limit_is_explicit
        if not self.user_middleware:
            return Boundary(self.router, selector(self.router), guard, handlers, limit, is_explicit)
        app: ASGIApp = Boundary(self.router, selector(self.router), guard, handlers, limit, False)
        for item in reversed(self.user_middleware):
            cls, args, kwargs = item
            try:
                app = checked_application(cls(app, *args, **kwargs), cls)
            except Exception as exc:
                place = source_place(getattr(item, "file", ""), getattr(item, "line", 0))
                exc.add_note(f"Raised by the middleware {describe_function(cls)} of {place or 'the application'}")
                raise
        return Boundary(app, always(app), guard, handlers, limit, is_explicit, around_middleware=True)

    def add_middleware(self, middleware_class: MiddlewareFactory[P], *args: P.args, **kwargs: P.kwargs) -> None:
        """Put a middleware around those there are.

        Args:
            middleware_class: called as `middleware_class(app, *args, **kwargs)`.
            *args, **kwargs: passed on.

        Raises:
            RuntimeError: the application has served a connection already.
        """
        self._check_not_started("middleware")
        self.user_middleware.insert(0, self.check_middleware(Middleware(middleware_class, *args, **kwargs)))

    def add_exception_handler(self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler) -> None:
        """Register a handler for a status code or an exception class.

        Raises:
            RuntimeError: the application has served a connection already.
            TypeError: the key is neither a status code nor an exception class.
        """
        self._check_not_started("an exception handler")
        self.check_exception_handler(exc_class_or_status_code, handler)
        self.exception_handlers[exc_class_or_status_code] = handler

    def _check_not_started(self, what: str) -> None:
        if self.middleware_stack is not None:
            raise RuntimeError(f"Cannot add {what} after an application has started")

    # -- routes --------------------------------------------------------------------------------

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called `name`; see `Router.url_path_for`."""
        return self.router.url_path_for(name, **path_params)

    def mount(self, path: str, app: ASGIApp, name: str | None = None, **options: Any) -> None:
        """Mount an application below a path; options as of `Mount`."""
        self.router.mount(path, app=app, name=name, **options)

    def host(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        """Serve an application on a host name; arguments as of `Host`."""
        self.router.host(host, app=app, name=name)

    def _add(self, route: BaseRoute) -> None:
        self.routes.append(route)

    def add_route(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        path: str,
        route: Callable[..., Any],
        methods: Iterable[str] | None = None,
        **arguments: Unpack[RouteArguments],
    ) -> None:
        """Append a route; arguments as of `Route`."""
        self.router.add_route(path, route, methods, **arguments)

    def add_websocket_route(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, path: str, route: Callable[..., Any], **arguments: Unpack[WebSocketArguments]
    ) -> None:
        """Append a WebSocket route; arguments as of `WebSocketRoute`."""
        self.router.add_websocket_route(path, route, **arguments)

    # -- lifespan ------------------------------------------------------------------------------

    async def _serve_lifespan(self, stack: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespans of this application and of those mounted on it, as the router does."""
        record = find_scope_record(scope)
        if record is not None and "lifespan_apps" in record:  # an outer application runs this one
            self._adopted_state = scope.get("state")
        if self.debug and self.warns_in_debug:
            from ._debug_warnings import warn_while_running

            stack = warn_while_running(stack, self.router)
        try:
            if self.watches_stop_signals and (record is None or "stopping" not in record):
                await self._serve_lifespan_until_stopped(stack, scope, receive, send)
            else:
                await stack(scope, receive, send)
        finally:
            self._adopted_state = None

    async def _serve_lifespan_until_stopped(self, stack: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan, and give its connections and the applications inside a signal that the server stops."""
        from armillary.background import StopEvent, set_on_stop_signals

        stopping = StopEvent()

        async def receive_and_stop() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                stopping.set()
            return message

        self._stopping = scope_record(scope)["stopping"] = stopping
        try:
            with set_on_stop_signals(stopping):
                await stack(scope, receive_and_stop, send)
        finally:
            self._stopping = None
