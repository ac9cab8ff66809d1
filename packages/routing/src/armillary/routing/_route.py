"""A path and the endpoint that handles HTTP requests for it, and WebSockets if it serves them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_plain_function

from ._body_limit import Limit, limited
from ._endpoint import Endpoint, MiddlewareList, endpoint_name, method_set, request_application, wrap
from ._fallback_responses import allow_value, respond_method_not_allowed
from ._match import Match
from ._matched_scope import merged_params
from ._scope_path import get_route_path
from ._template_route import EndpointRoute

_NO_MATCH: Final = Match.NONE


class Route(EndpointRoute):
    """A path and the endpoint that handles HTTP requests for it.

    An ASGI application that serves WebSockets too sets the attribute `serves_websockets =
    True`, and is given those of the path as well, whatever `methods` says.

    Args:
        path: a template such as "/users/{id:int}".
        endpoint: a function of a request, or an ASGI application (anything callable that is not a
            plain function, method or partial of one).
        methods: methods handled; others get 405. For a function GET and HEAD by default; an
            application gets all. HEAD joins GET.
        name: for `url_path_for`; by default the endpoint's own name.
        include_in_schema: whether generated API descriptions list it.
        middleware: wrapped around this endpoint alone, the first being outermost.
        max_body_size: bytes a request body may have, None for no limit; inherited by
            default.

    Raises:
        ValueError: for a path that is no template, and for an empty list of methods.
        TypeError: for an endpoint that cannot be called, and for a plain function if
            `armillary-http` is not installed.

    >>> class Ping:
    ...     async def __call__(self, scope, receive, send): ...
    >>> Route("/ping", Ping(), methods=["GET"])
    Route(path='/ping', name='Ping', methods=['GET', 'HEAD'])
    """

    scope_type = "http"

    takes_websockets: ClassVar[bool] = True
    """Give WebSockets to endpoints that say they serve them."""

    # For subclasses with another constructor.
    include_in_schema: bool = True

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
    ) -> None:
        self._set_path(path)
        self.endpoint = self.check_callable(endpoint, "endpoint")
        self.name = endpoint_name(endpoint) if name is None else name
        self.include_in_schema = include_in_schema
        is_function = is_plain_function(endpoint)
        self.methods = self.method_set(["GET"] if is_function and methods is None else methods)
        app = wrap(self.function_app(endpoint) if is_function else endpoint, middleware)
        self.app = self.limited_app(app, max_body_size, counts=not is_function or bool(middleware))

    def method_set(self, methods: Iterable[str] | None) -> set[str] | None:
        """Return the value of `methods` for the constructor's argument."""
        names = method_set(methods)
        if names is not None and not names:
            raise ValueError(f"methods: the route of {self.path!r} takes none; name some, or leave the argument out")
        return names

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        return request_application(endpoint)

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
        if reader is None or reader.regex is not self.path_regex or reader.convertors is not self.param_convertors:
            reader = self.reader
        params = reader.params(path) if path.startswith(reader.prefix) else None
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
        await respond_method_not_allowed(scope, send, allow_value([self]), self.raises(scope))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Route):
            return False
        return (self.path, self.endpoint, self.methods) == (other.path, other.endpoint, other.methods)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        methods = sorted(self.methods or ())
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, methods={methods!r})"
