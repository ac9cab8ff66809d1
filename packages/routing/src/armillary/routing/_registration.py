"""Registering functions by method, on a router or on a group of its routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict, TypeVar

from armillary.asgi_types import Middleware

from ._base_route import MiddlewareList, endpoint_name
from ._body_limit import Limit

E = TypeVar("E", bound=Callable[..., Any])


class RouteOptions(TypedDict, total=False):
    """What a decorator takes beside the path; as the arguments of `Route`."""

    name: str | None
    include_in_schema: bool
    middleware: MiddlewareList
    max_body_size: Limit


def _joined(prefix: str, path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError(f"path must start with '/' or be empty below the prefix {prefix!r}, got {path!r}")
    return prefix + path


class Registration:
    """The decorators `get post put patch delete options query websocket route` and `group`."""

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
    ) -> None:
        """Append a `Route`; arguments as there."""
        raise NotImplementedError

    def add_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
    ) -> None:
        """Append a `WebSocketRoute`; arguments as there."""
        raise NotImplementedError

    def route(
        self,
        path: str,
        methods: Iterable[str] | None = None,
        *,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
    ) -> Callable[[E], E]:
        """Return a decorator that registers a function or application for a path.

        Args:
            path: a path template.
            methods: as for `Route`.
            name, include_in_schema, middleware, max_body_size: as for `Route`.

        Returns:
            A decorator that gives back what it decorates.
        """

        def register(endpoint: E) -> E:
            self.add_route(
                path,
                endpoint,
                methods,
                name,
                include_in_schema,
                middleware=middleware,
                max_body_size=max_body_size,
            )
            return endpoint

        return register

    def get(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for GET and HEAD; keyword arguments as for `route`."""
        return self.route(path, ["GET"], **options)

    def post(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for POST; keyword arguments as for `route`."""
        return self.route(path, ["POST"], **options)

    def put(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for PUT; keyword arguments as for `route`."""
        return self.route(path, ["PUT"], **options)

    def patch(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for PATCH; keyword arguments as for `route`."""
        return self.route(path, ["PATCH"], **options)

    def delete(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for DELETE; keyword arguments as for `route`."""
        return self.route(path, ["DELETE"], **options)

    def options(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for OPTIONS; keyword arguments as for `route`."""
        return self.route(path, ["OPTIONS"], **options)

    def query(self, path: str, **options: Any) -> Callable[[E], E]:
        """Register a function for QUERY; keyword arguments as for `route`."""
        return self.route(path, ["QUERY"], **options)

    def websocket(self, path: str, *, name: str | None = None, middleware: MiddlewareList = None) -> Callable[[E], E]:
        """Return a decorator that registers a function of a WebSocket for a path."""

        def register(endpoint: E) -> E:
            self.add_websocket_route(path, endpoint, name, middleware=middleware)
            return endpoint

        return register

    def group(self, prefix: str, *, name: str = "", middleware: Sequence[Middleware] = ()) -> RouteGroup:
        """Return a group: what is registered on it joins these routes, with what the group shares.

        Args:
            prefix: put before each path, such as "/users".
            name: put before each name, as "users:".
            middleware: wrapped around each endpoint, outside its own.

        >>> from armillary.routing import Router
        >>> router = Router()
        >>> users = router.group("/users", name="users")
        >>> class Ping:
        ...     async def __call__(self, scope, receive, send): ...
        >>> _ = users.get("/{id:int}", name="show")(Ping())
        >>> router.url_path_for("users:show", id=7)
        '/users/7'
        """
        return RouteGroup(self, prefix, name, middleware)


class RouteGroup(Registration):
    """Registers on another registration, with a shared prefix, name and middleware.

    Not a mount: the routes are routes of the router itself, at no cost per request.
    """

    def __init__(self, parent: Registration, prefix: str, name: str, middleware: Sequence[Middleware]) -> None:
        if not prefix.startswith("/") or prefix.endswith("/"):
            raise ValueError(f"prefix must start with '/' and not end with one, got {prefix!r}")
        self.parent = parent
        self.prefix = prefix
        self.name = name
        self.middleware = [*middleware]

    def _name(self, name: str | None, endpoint: Callable[..., Any]) -> str | None:
        if not self.name:
            return name
        return f"{self.name}:{endpoint_name(endpoint) if name is None else name}"

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
    ) -> None:
        self.parent.add_route(
            _joined(self.prefix, path),
            endpoint,
            methods,
            self._name(name, endpoint),
            include_in_schema,
            middleware=[*self.middleware, *(middleware or ())],
            max_body_size=max_body_size,
        )

    def add_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
    ) -> None:
        self.parent.add_websocket_route(
            _joined(self.prefix, path),
            endpoint,
            self._name(name, endpoint),
            middleware=[*self.middleware, *(middleware or ())],
        )
