"""Registering endpoints by path and method, on a router or on a group of its routes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar, Unpack

from armillary.asgi_types import Middleware

from ._base_route import BaseRoute
from ._body_limit import Limit
from ._endpoint import Dependency, MiddlewareList, dependency_list, endpoint_name
from ._operation import ChannelOperation, Operation, tag_list
from ._route import Route
from ._websocket_route import WebSocketRoute

E = TypeVar("E", bound=Callable[..., Any])


class WebSocketArguments(ChannelOperation, total=False):
    """The keyword arguments of a `WebSocketRoute`."""

    name: str | None
    middleware: MiddlewareList
    dependencies: Sequence[Dependency]
    include_in_schema: bool


class RouteArguments(WebSocketArguments, Operation, total=False):
    """The keyword arguments of a `Route`, apart from `methods`."""

    max_body_size: Limit
    status_code: int | None


class Registration:
    """What a router and a group of its routes have in common: `add_route`, the decorators, and `group`."""

    http_route_type: ClassVar[type[Route]] = Route
    websocket_route_type: ClassVar[type[WebSocketRoute]] = WebSocketRoute

    def _add(self, route: BaseRoute) -> None:
        """Append a route to those of the router."""
        raise NotImplementedError

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Iterable[str] | None = None,
        **arguments: Unpack[RouteArguments],
    ) -> None:
        """Append a `Route`; arguments as there."""
        self._add(self.http_route_type(path, endpoint, methods=methods, **arguments))

    def add_websocket_route(
        self, path: str, endpoint: Callable[..., Any], **arguments: Unpack[WebSocketArguments]
    ) -> None:
        """Append a `WebSocketRoute`; arguments as there."""
        self._add(self.websocket_route_type(path, endpoint, **arguments))

    def route(
        self, path: str, methods: Iterable[str] | None = None, **arguments: Unpack[RouteArguments]
    ) -> Callable[[E], E]:
        """Return a decorator that registers a function or application for a path.

        Args:
            path: a path template.
            methods: as for `Route`.
            **arguments: the other keyword arguments of `Route`.

        Returns:
            A decorator that gives back what it decorates.
        """
        _check_path(path, "get")

        def register(endpoint: E) -> E:
            self.add_route(path, endpoint, methods, **arguments)
            return endpoint

        return register

    def get(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for GET and HEAD; keyword arguments as for `route`."""
        return self.route(path, ["GET"], **arguments)

    def post(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for POST; keyword arguments as for `route`."""
        return self.route(path, ["POST"], **arguments)

    def put(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for PUT; keyword arguments as for `route`."""
        return self.route(path, ["PUT"], **arguments)

    def patch(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for PATCH; keyword arguments as for `route`."""
        return self.route(path, ["PATCH"], **arguments)

    def delete(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for DELETE; keyword arguments as for `route`."""
        return self.route(path, ["DELETE"], **arguments)

    def options(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for OPTIONS; keyword arguments as for `route`."""
        return self.route(path, ["OPTIONS"], **arguments)

    def query(self, path: str, **arguments: Unpack[RouteArguments]) -> Callable[[E], E]:
        """Register a function for QUERY; keyword arguments as for `route`."""
        return self.route(path, ["QUERY"], **arguments)

    def websocket(self, path: str, **arguments: Unpack[WebSocketArguments]) -> Callable[[E], E]:
        """Return a decorator that registers a function of a WebSocket for a path.

        Args:
            path: a path template.
            **arguments: as for `WebSocketRoute`.
        """
        _check_path(path, "websocket")

        def register(endpoint: E) -> E:
            self.add_websocket_route(path, endpoint, **arguments)
            return endpoint

        return register

    def include(
        self,
        router: Any,
        prefix: str = "",
        *,
        name: str = "",
        tags: Sequence[str] = (),
        dependencies: Sequence[Dependency] = (),
    ) -> None:
        """Append copies of another router's routes, as they are now.

        Not a mount: they are routes of this router, at no cost per request. The other router's dependencies join those
        of each route; its middleware, lifespan and default are left out, `mount` keeps them.

        Args:
            router: a router, or anything with `routes`.
            prefix: put before each path, such as "/users".
            name: put before each name, as "users:".
            tags: put before the tags of each route.
            dependencies: called before those of each route: functions, or `armillary.binding.Depends(...)` and
                `Policy(...)`.

        Raises:
            TypeError: it has no routes, or one that cannot be included so.
            ValueError: for a prefix that does not start with "/", or ends with one.

        >>> from armillary.routing import Router
        >>> class Ping:
        ...     async def __call__(self, scope, receive, send): ...
        >>> users = Router()
        >>> _ = users.get("/{id:int}", name="show")(Ping())
        >>> router = Router()
        >>> router.include(users, "/users", name="users")
        >>> router.url_path_for("users:show", id=7)
        '/users/7'
        """
        if prefix:
            _check_prefix(prefix)
        routes = getattr(router, "routes", None)
        if routes is None or isinstance(router, type):
            hint = f"; write {router.__name__}(...)" if isinstance(router, type) else ""
            hint = "; import it, and give the router itself" if isinstance(router, str) else hint
            raise TypeError(f"include takes a router, got {router!r}{hint}")
        tags = tag_list(tags)
        dependencies = (*dependency_list(dependencies), *getattr(router, "dependencies", ()))
        for route in [*routes]:
            included = getattr(route, "included", None)
            if included is None:
                raise TypeError(f"include cannot put {route!r} below a prefix: mount the router instead")
            self._add(included(prefix, f"{name}:" if name else "", tags, dependencies))

    def group(
        self,
        prefix: str,
        *,
        name: str = "",
        middleware: Sequence[Middleware] = (),
        tags: Sequence[str] = (),
        dependencies: Sequence[Dependency] = (),
    ) -> "RouteGroup":
        """Return a group: what is registered on it joins these routes, with what the group shares.

        Args:
            prefix: put before each path, such as "/users".
            name: put before each name, as "users:".
            middleware: wrapped around each endpoint, outside its own.
            tags: put before those of each route.
            dependencies: called before those of each route.

        >>> from armillary.routing import Router
        >>> router = Router()
        >>> users = router.group("/users", name="users")
        >>> class Ping:
        ...     async def __call__(self, scope, receive, send): ...
        >>> _ = users.get("/{id:int}", name="show")(Ping())
        >>> router.url_path_for("users:show", id=7)
        '/users/7'
        """
        return RouteGroup(self, prefix, name, middleware, tags, dependencies)


class RouteGroup(Registration):
    """Registers on another registration, with a shared prefix, name and middleware.

    Not a mount: the routes are routes of the router itself, at no cost per request.
    """

    def __init__(
        self,
        parent: Registration,
        prefix: str,
        name: str,
        middleware: Sequence[Middleware],
        tags: Sequence[str] = (),
        dependencies: Sequence[Dependency] = (),
    ) -> None:
        _check_prefix(prefix)
        self.tags: tuple[str, ...] = tag_list(tags)
        self.dependencies: tuple[Any, ...] = dependency_list(dependencies)
        self.parent = parent
        self.prefix = prefix
        self.name = name
        self.middleware: list[Middleware] = [*middleware]

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Iterable[str] | None = None,
        **arguments: Unpack[RouteArguments],
    ) -> None:
        self._share(arguments, endpoint)
        if self.tags:
            arguments["tags"] = (*self.tags, *arguments.get("tags", ()))
        self.parent.add_route(self._joined(path), endpoint, methods, **arguments)

    def add_websocket_route(
        self, path: str, endpoint: Callable[..., Any], **arguments: Unpack[WebSocketArguments]
    ) -> None:
        self._share(arguments, endpoint)
        if self.tags:
            arguments["tags"] = (*self.tags, *tag_list(arguments.get("tags", ())))
        self.parent.add_websocket_route(self._joined(path), endpoint, **arguments)

    def _joined(self, path: str) -> str:
        if path and not path.startswith("/"):
            raise ValueError(f"path must start with '/' or be empty below the prefix {self.prefix!r}, got {path!r}")
        return self.prefix + path

    def _share(self, arguments: WebSocketArguments, endpoint: Callable[..., Any]) -> None:
        """Add to the arguments of a route what the group shares."""
        arguments["middleware"] = [*self.middleware, *(arguments.get("middleware") or ())]
        if self.dependencies:
            arguments["dependencies"] = (*self.dependencies, *arguments.get("dependencies", ()))
        if self.name:
            name = arguments.get("name")
            arguments["name"] = f"{self.name}:{endpoint_name(endpoint) if name is None else name}"

    def _add(self, route: BaseRoute) -> None:
        raise TypeError("a group has no routes of its own to include others in; include them in the router")


def _check_path(path: Any, decorator: str) -> None:
    """Raise TypeError for no text, such as the function under a decorator that was not called."""
    if not isinstance(path, str):
        hint = (
            f'; write the path in the decorator of {endpoint_name(path)}, as in @app.{decorator}("/")'
            if callable(path)
            else ""
        )
        raise TypeError(f"path is a text such as '/', got {path!r}{hint}")


def _check_prefix(prefix: str) -> None:
    if not isinstance(prefix, str):
        raise TypeError(f"prefix is a text such as '/api', got {prefix!r}; write include(router, prefix)")
    if not prefix.startswith("/") or prefix.endswith("/"):
        raise ValueError(f"prefix must start with '/' and not end with one, got {prefix!r}")
