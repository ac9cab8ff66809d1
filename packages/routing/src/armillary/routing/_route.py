"""A path and the endpoint that handles HTTP requests for it, and WebSockets if it serves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Unpack

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_plain_function
from armillary.datastructures import get_route_path

from ._body_limit import Limit, limited
from ._endpoint import (
    Dependency,
    Endpoint,
    MiddlewareList,
    bound_application,
    bound_class,
    dependency_list,
    endpoint_name,
    guarded_application,
    method_set,
    request_application,
    wrap,
)
from ._fallback_responses import allow_value, respond_method_not_allowed
from ._function_kind import is_plain, typed_methods
from ._match import Match
from ._matched_scope import merged_params
from ._operation import NOTHING, Operation, operation_of
from ._template_route import EndpointRoute

_NO_MATCH: Final = Match.NONE


class Route(EndpointRoute):
    """A path and the endpoint that handles HTTP requests for it.

    An ASGI application that serves WebSockets too sets the attribute `serves_websockets =
    True`, and is given those of the path as well, whatever `methods` says.

    Args:
        path: a template such as "/users/{id:int}".
        endpoint: a function, or an ASGI application (anything callable that is not a function, method or partial of
            one). A function of a request alone that says nothing about its result, or that it is a response, is
            called with the request. Any other is bound by `armillary.binding`.
        methods: methods handled; others get 405. For a function GET and HEAD by default; an
            application gets all. HEAD joins GET.
        name: for `url_path_for`; by default the endpoint's own name.
        include_in_schema: whether generated API descriptions list it.
        middleware: wrapped around this endpoint alone, the first being outermost.
        max_body_size: bytes a request body may have, None for no limit; inherited by
            default.
        status_code: of what a function returns that is no response; by default 200, or 204 for `-> None`.
        dependencies: called before the endpoint: functions, or `armillary.binding.Depends(...)` and `Policy(...)`.
        **operation: what API documents say about it; see `Operation`.

    Attributes:
        base_app: the endpoint's application, inside the middleware.

    Raises:
        ValueError: for a path that is no template, and for an empty list of methods.
        TypeError: for an endpoint that cannot be called, and for a function if the part is not installed that calls
            it: `armillary-http`, or `armillary-binding`, whose `BindingError` says what is wrong with its parameters.

    >>> class Ping:
    ...     async def __call__(self, scope, receive, send): ...
    >>> Route("/ping", Ping(), methods=["GET"])
    Route(path='/ping', name='Ping', methods=['GET', 'HEAD'])
    """

    scope_type = "http"

    # For subclasses with another constructor.
    include_in_schema: bool = True
    operation: Mapping[str, Any] = NOTHING
    """What API documents say about it: the keyword arguments of `Operation`, read-only."""
    status_code: int | None = None
    dependencies: tuple[Any, ...] = ()

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
        status_code: int | None = None,
        dependencies: Sequence[Dependency] = (),
        **operation: Unpack[Operation],
    ) -> None:
        self._set_path(path)
        self.operation = operation_of(operation)
        self.status_code = status_code
        self.dependencies = dependency_list(dependencies)
        self._middleware, self._max_body_size = middleware, max_body_size
        self.endpoint: Any = self.check_callable(endpoint, "endpoint")
        self.name: str = endpoint_name(endpoint) if name is None else name
        self.include_in_schema = include_in_schema
        # What keeps the record of a connection is an application, such as what `request_response` returns.
        is_function = is_plain_function(endpoint) and not getattr(endpoint, "keeps_record", False)
        self.methods: set[str] | None = self.method_set(["GET"] if is_function and methods is None else methods)
        if not is_function and status_code is not None:
            raise TypeError(f"status_code is for functions; {self.name} is an application")
        self.base_app: ASGIApp = (
            self.function_app(endpoint) if is_function else self.guarded_app(self.class_app(endpoint))
        )
        app = wrap(self.base_app, middleware)
        self.app: ASGIApp = self.limited_app(app, max_body_size, counts=not is_function or bool(middleware))

    def method_set(self, methods: Iterable[str] | None) -> set[str] | None:
        """Return the value of `methods` for the constructor's argument."""
        names = method_set(methods)
        if names is not None and not names:
            raise ValueError(f"methods: the route of {self.path!r} takes none; name some, or leave the argument out")
        return names

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        if self.status_code is None and not self.dependencies and is_plain(endpoint, self.param_convertors):
            return request_application(endpoint)
        return bound_application(endpoint, self.param_convertors, self.status_code, self.dependencies)

    def class_app(self, endpoint: Endpoint) -> ASGIApp:
        """Return an application as it is, or with the typed methods bound if it is a class of such."""
        typed = typed_methods(endpoint, self.param_convertors)
        return bound_class(endpoint, typed, self.param_convertors) if typed else endpoint

    def guarded_app(self, endpoint: ASGIApp) -> ASGIApp:
        """Return the endpoint's application after its dependencies."""
        if not self.dependencies:
            return endpoint
        return guarded_application(endpoint, self.param_convertors, self.dependencies)

    def included(self, prefix: str, name: str, tags: Sequence[str], dependencies: Sequence[Dependency]) -> Route:
        """Return this route below a prefix, for a router that includes its own."""
        arguments: Any = {**self.operation, "tags": (*tags, *self.operation.get("tags", ()))}
        return type(self)(
            prefix + self.path,
            self.endpoint,
            methods=self.methods,
            name=name + self.name,
            include_in_schema=self.include_in_schema,
            middleware=self._middleware,
            max_body_size=self._max_body_size,
            status_code=self.status_code,
            dependencies=(*dependencies, *self.dependencies),
            **arguments,
        )

    def limited_app(self, app: ASGIApp, limit: Limit, *, counts: bool) -> ASGIApp:
        """Return the application under the route's `max_body_size`."""
        return limited(app, limit, counts=counts)

    @property
    def serves_websockets(self) -> bool:
        """Whether WebSockets on the path go to the endpoint, which then says that it serves them."""
        return self.takes_websockets and getattr(self.endpoint, "serves_websockets", False) is True

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # In one frame: a router of foreign routes asks each of them, for every request.
        if scope["type"] != "http":
            serves = scope["type"] == "websocket" and self.serves_websockets
            child_scope = self.child_scope(scope) if serves else None
            return (_NO_MATCH, {}) if child_scope is None else (Match.FULL, child_scope)
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        reader = self._reader
        if reader is None or reader.regex is not self.lazy_path_regex or reader.convertors is not self.param_convertors:
            reader = self.reader
        prefix = reader.prefix
        if prefix is None:
            prefix = reader.find_prefix()
        params = reader.params(path) if path.startswith(prefix) else None
        if params is None:
            return _NO_MATCH, {}
        child_scope = {"endpoint": self.endpoint, "path_params": merged_params(scope, params), "route": self}
        if self.methods and scope["method"] not in self.methods:
            return Match.PARTIAL, child_scope
        return Match.FULL, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.methods or scope["type"] != "http" or scope["method"] in self.methods:
            await self.app(scope, receive, send)
            return
        allow = allow_value([self])
        await respond_method_not_allowed(scope, send, allow, self.raises(scope), self.errors_as_text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Route):
            return False
        return (self.path, self.endpoint, self.methods) == (other.path, other.endpoint, other.methods)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        methods = sorted(self.methods or ())
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, methods={methods!r})"
