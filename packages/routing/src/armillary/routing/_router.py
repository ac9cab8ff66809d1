"""The router: hands each connection to its route, and makes URLs from the names of routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar

from armillary.asgi_types import ASGIApp, Lifespan, Receive, Scope, Send, check_arguments
from armillary.datastructures import URLPath
from armillary.exchange import has_registered_handlers

from ._base_route import BaseRoute
from ._body_limit import Limit, limited
from ._endpoint import (
    Dependency,
    MiddlewareList,
    checked_callable,
    dependency_list,
    endpoint_name,
    guarded_application,
    wrap,
)
from ._fallback_responses import respond_not_found
from ._host import Host
from ._lifespan import checked_lifespan, no_lifespan, serve_lifespan
from ._match import NoMatchFound
from ._mount import Mount
from ._mounted_lifespans import LifespanRun, MountedLifespan, mounts_to_run
from ._registration import Registration
from ._report import RouteReport, report
from ._reverse import reverse_hint
from ._selection import Selection


class Router(Selection, Registration):
    """Finds the route of each connection and hands the connection over.

    The first route that matches in full takes it. If none does and some match the path but
    not the method, the response is 405; else 404. The cost does not grow with the number of routes.

    Args:
        routes: tried in order. `router.routes` is a list and may be changed at any time.
        redirect_slashes: respond 307 if the path would match with or without a slash at its
            end, to a location on the same host.
        default: the application for what no route matches; by default 404, and close code 1000
            for WebSockets.
        lifespan: a function of the application returning an async context manager, entered
            before the first connection; the mapping it may yield becomes each connection's state.
        middleware: wrapped around the router, the first being outermost.
        max_body_size: bytes a request body may have, None for no limit; inherited by
            default.
        match_slashes: serve such a path as if it had been the other one, which is then that of the scope.
        raw_path: match the path before percent-decoding, so that `%2F` can be inside a parameter.
        automatic_options: respond to OPTIONS, if no route does, with the methods of the path.
        dependencies: called before the router looks for a route, for all that it serves: functions, or
            `armillary.binding.Depends(...)` and `Policy(...)`. They cannot take path parameters.

    Raises:
        TypeError: for anything in `routes` that is no route, and for a `default` or `lifespan` that cannot be called.

    >>> from armillary.routing import Route
    >>> class Ping:
    ...     async def __call__(self, scope, receive, send): ...
    >>> router = Router([Route("/ping", Ping(), name="ping")])
    >>> router.url_path_for("ping")
    '/ping'
    """

    # For subclasses with another constructor.
    dependencies: tuple[Any, ...] = ()
    guard: ASGIApp | None = None

    mount_type: ClassVar[type[Mount]] = Mount
    host_type: ClassVar[type[Host]] = Host

    def __init__(
        self,
        routes: Iterable[BaseRoute] | None = None,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
        match_slashes: bool = False,
        raw_path: bool = False,
        automatic_options: bool = False,
        dependencies: Sequence[Dependency] = (),
    ) -> None:
        self._routes = self.route_list_type(routes if routes is not None else ())
        self.redirect_slashes = redirect_slashes
        self.match_slashes = match_slashes
        self.raw_path = raw_path
        self.automatic_options = automatic_options
        self.default: ASGIApp = self.not_found if default is None else self.check_callable(default, "default")
        self.lifespan_context: Any = self.lifespan_of(lifespan)
        self.dependencies = dependency_list(dependencies)
        self.guard = guarded_application(self.app, {}, self.dependencies) if dependencies else None
        self.middleware_stack: ASGIApp = self.limited_app(wrap(self.guard or self.app, middleware), max_body_size)

    if not TYPE_CHECKING:  # type checkers name what is not there themselves

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            if kwargs and cls.__init__ is Router.__init__:
                from ._other_names import OF_ROUTER

                check_arguments(cls, kwargs, OF_ROUTER)
            return super().__new__(cls)

    def check_callable(self, value: Any, parameter: str) -> Any:
        """Return an application, or raise TypeError; override to take what cannot be called."""
        return checked_callable(value, parameter)

    def lifespan_of(self, lifespan: Any) -> Any:
        """Return the lifespan context for the constructor's argument."""
        return checked_lifespan(lifespan)

    def limited_app(self, app: ASGIApp, limit: Limit) -> ASGIApp:
        """Return the application under the router's `max_body_size`."""
        return limited(app, limit, counts=True)

    # -- serving -------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.middleware_stack(scope, receive, send)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection inside the router's middleware."""
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        await self.select(scope)(scope, receive, send)

    def raises(self, scope: Scope) -> bool:
        """Return whether 404 is raised as `HTTPException` rather than sent."""
        return has_registered_handlers(scope)

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle what no route matches."""
        await respond_not_found(scope, send, self.raises(scope), self.errors_as_text)

    not_found.keeps_record = True  # type: ignore[attr-defined]  # it fails before its response starts, or in `send`

    # -- changing and reading the routes -------------------------------------------------------

    def _add(self, route: BaseRoute) -> None:
        self.routes.append(route)

    def mount(self, path: str, app: ASGIApp, name: str | None = None, **options: Any) -> None:
        """Append a `Mount`; arguments as there."""
        self._add(self.mount_type(path, app, name=name, **options))

    def host(self, host: str, app: ASGIApp, name: str | None = None, **options: Any) -> None:
        """Append a `Host`; arguments as there."""
        self._add(self.host_type(host, app, name, **options))

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the first route with this name and these parameters.

        Args:
            name: the route's name, with those of its mounts as "api:users".
            **path_params: exactly the parameters of the route and of its mounts.

        Returns:
            The path, percent-encoded; decoding and matching it gives the same parameters.

        Raises:
            NoMatchFound: if no route has the name and the parameters.
            PathParameterError: for a value that its route would not match, or with which the path leads elsewhere.
        """
        return self.find_url_path(name, path_params)

    def find_url_path(self, name: str, path_params: dict[str, Any]) -> URLPath:
        """Return what `url_path_for` does, for parameters in a mapping."""
        if not isinstance(name, str):
            hint = f"; write {endpoint_name(name)!r}" if callable(name) else ""
            raise TypeError(f"a URL is made from the name of a route, got {name!r}{hint}")
        index = self._routes.compiled or self._routes.compile()
        for route in index.names.find(name):
            reverse = getattr(route, "reverse", None) if self.raw_path else None
            try:
                if reverse is not None:
                    path: URLPath = reverse(name, path_params, True)
                    return path
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                pass
        failure = NoMatchFound(name, path_params)
        failure.explain = partial(reverse_hint, self.routes)
        raise failure

    def explain(self) -> RouteReport:
        """Return what is odd about the routes: unreachable ones, overlaps, names used twice.

        >>> from armillary.routing import Route
        >>> class Ping:
        ...     async def __call__(self, scope, receive, send): ...
        >>> print(Router([Route("/{name}", Ping()), Route("/me", Ping())]).explain())  # doctest: +ELLIPSIS
        Route(path='/me', ...) is never reached: Route(path='/{name}', ...) comes first and takes all of it
        """
        return RouteReport(report(self.routes))

    # -- lifespan ------------------------------------------------------------------------------

    def mounted_lifespans(self) -> list[MountedLifespan]:
        """Return the mounted applications whose lifespan is run with this router's, outer and earlier ones first.

        Each application is listed once, wherever and however often it is mounted. Routers in
        between are looked through; what is mounted inside a listed application is left to it.
        """
        found: dict[int, MountedLifespan] = {}
        _collect_lifespans(self.routes, "", found)
        return list(found.values())

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the ASGI lifespan protocol for this router and what is mounted on it, unless with `lifespan=False`.

        An application that runs already, by its other mount or by a router above, is left out.
        """

        async def own(scope: Scope, receive: Receive, send: Send) -> None:
            lifespan = self.lifespan_context
            await serve_lifespan(lifespan(scope.get("app", self)), scope, receive, send, lifespan=lifespan)

        mounted = mounts_to_run(self.mounted_lifespans(), scope)
        if mounted:
            has_own = self.lifespan_context is not no_lifespan
            await LifespanRun(own, mounted, scope, receive, send, has_own=has_own).serve()
        else:
            await own(scope, receive, send)

    @property
    def plain_select(self) -> Callable[..., ASGIApp] | None:
        """`select`, if a connection of HTTP or WebSocket passes nothing else; None if there is middleware, or if
        `__call__` or `app` is overridden or patched. It takes a path even if `select` is overridden by one that does
        not."""
        if type(self).__call__ is not _OWN_CALL or self.middleware_stack != MethodType(_OWN_APP, self):
            return None
        own = self.select
        if own == MethodType(_OWN_SELECT, self):
            return own

        def select(scope: Scope, rest: str | None = None) -> ASGIApp:
            return own(scope)

        return select

    @property
    def has_no_lifespan(self) -> bool:
        """Whether a router runs nothing but what is mounted on it, and passes a lifespan through no middleware."""
        return self.lifespan_context is no_lifespan and self.middleware_stack == self.app

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Router) and self.routes == other.routes

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


_OWN_CALL, _OWN_APP, _OWN_SELECT = Router.__call__, Router.app, Router.select

Mount.router_type = Router


def _collect_lifespans(routes: Iterable[BaseRoute], prefix: str, found: dict[int, MountedLifespan]) -> None:
    for route in routes:
        if isinstance(route, Mount):
            path, app = prefix + route.path, route.base_app
        elif isinstance(route, Host):
            path, app = f"//{route.host}", route.app
        else:
            continue
        if route.runs_lifespan and not (isinstance(app, Router) and app.has_no_lifespan):
            found.setdefault(id(app), MountedLifespan(path, app, route.requires_lifespan))
        elif isinstance(app, Router):
            _collect_lifespans(app.routes, path, found)
