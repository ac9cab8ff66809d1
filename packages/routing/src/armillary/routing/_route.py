"""A path and the endpoint that handles HTTP requests for it, and WebSockets if it serves them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from armillary.asgi_types import ASGIApp, HTTPException, Receive, Scope, Send, is_plain_function
from armillary.datastructures import URLPath
from armillary.exchange import reject

from ._base_route import BaseRoute, Endpoint, MiddlewareList, checked_callable, endpoint_name, method_set, wrap
from ._body_limit import Limit, limited
from ._convertors import Convertor
from ._fallback_responses import MethodNotAllowed
from ._functions import request_application
from ._literal_prefix import literal_prefix
from ._match import Match, NoMatchFound
from ._path_match import conversions, converted, merged_params
from ._path_template import compile_path
from ._reverse import filled
from ._route_path import get_route_path


def checked_path(path: str) -> str:
    """Reject a path that no request can have."""
    if not path.startswith("/"):
        raise ValueError(f"path must start with '/', got {path!r}; write {'/' + path!r}")
    return path


class TemplateRoute(BaseRoute):
    """What HTTP and WebSocket routes share: a template, an endpoint and a name.

    Attributes are public and may be rewritten, also on a copy: `path_regex`, `path_format`,
    `param_convertors` and `app` are used, whatever `path` and `endpoint` hold.
    """

    scope_type: ClassVar[str]
    encodes_paths: ClassVar[bool] = True
    """Percent-encode what `url_path_for` returns."""
    literal_braces: ClassVar[bool] = False
    """Take a brace that opens no parameter as text."""

    path: str
    endpoint: Endpoint
    name: str
    app: ASGIApp
    path_regex: re.Pattern[str]
    path_format: str
    param_convertors: dict[str, Convertor[Any]]

    def _set_path(self, path: str) -> None:
        self.path = checked_path(path)
        compiled = compile_path(path, literal_braces=self.literal_braces)
        self.path_regex, self.path_format, self.param_convertors = compiled

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        """Return the application for a plain function. Override to call functions another way."""
        raise NotImplementedError

    def child_scope(self, scope: Scope) -> Scope | None:
        """Return the keys a match of the path adds to the scope, None if it does not match."""
        path = get_route_path(scope)
        found = self.path_regex.match(path)
        return None if found is None else self.scope_of(found, path, scope)

    def scope_of(self, found: re.Match[str], path: str, scope: Scope) -> Scope | None:
        """Return the keys that a regex match of `path` adds to the scope; None if a value is none."""
        if found.lastindex is None:
            return {"endpoint": self.endpoint, "path_params": merged_params(scope, {}), "route": self}
        params = converted(found, path, conversions(self.param_convertors))
        if params is None:
            return None
        return {"endpoint": self.endpoint, "path_params": merged_params(scope, params), "route": self}

    def reverse(self, name: str, path_params: dict[str, Any], segments: bool) -> URLPath:
        """Return what `url_path_for` does; with `segments`, "/" in a parameter is `%2F`."""
        if name != self.name or path_params.keys() != self.param_convertors.keys():
            raise NoMatchFound(name, path_params)
        path = filled(
            self.path_format, self.param_convertors, dict(path_params), encode=self.encodes_paths, segments=segments
        )
        return URLPath(path, protocol=self.scope_type)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of this route.

        Args:
            name: must be the route's name.
            **path_params: exactly the parameters of the template.

        Raises:
            NoMatchFound: for another name or other parameters.
            PathParameterError: for a value that the route would not match.
        """
        return self.reverse(name, path_params, False)


_NO_MATCH = Match.NONE


class Route(TemplateRoute):
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
        ValueError: for a path that is no template.
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
    methods: set[str] | None = None
    include_in_schema: bool = True
    # The regex, and the text that all it matches begins with.
    _prefix: tuple[re.Pattern[str] | None, str] = (None, "")

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
        self.endpoint = checked_callable(endpoint, "endpoint")
        self.name = endpoint_name(endpoint) if name is None else name
        self.include_in_schema = include_in_schema
        is_function = is_plain_function(endpoint)
        self.methods = method_set(["GET"] if is_function and methods is None else methods)
        app = wrap(self.function_app(endpoint) if is_function else endpoint, middleware)
        self.app = self.limited_app(app, max_body_size, counts=not is_function or bool(middleware))

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
            return self._matches_websocket(scope)
        path = get_route_path(scope) if scope.get("root_path") else scope["path"]
        regex = self.path_regex
        known, prefix = self._prefix
        if known is not regex:
            prefix = literal_prefix(regex)
            self._prefix = (regex, prefix)
        if not path.startswith(prefix):
            return _NO_MATCH, {}
        found = regex.match(path)
        child_scope = None if found is None else self.scope_of(found, path, scope)
        if child_scope is None:
            return _NO_MATCH, {}
        if self.methods and scope["method"] not in self.methods:
            return Match.PARTIAL, child_scope
        return Match.FULL, child_scope

    def _matches_websocket(self, scope: Scope) -> tuple[Match, Scope]:
        serves = scope["type"] == "websocket" and self.serves_websockets
        child_scope = self.child_scope(scope) if serves else None
        return (_NO_MATCH, {}) if child_scope is None else (Match.FULL, child_scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.methods or scope["type"] != "http" or scope["method"] in self.methods:
            await self.app(scope, receive, send)
            return
        not_allowed = MethodNotAllowed(self.methods)
        if self.raises(scope):
            raise HTTPException(405, headers={"Allow": not_allowed.allow})
        await reject(scope, send, not_allowed.rejection)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Route):
            return False
        return (self.path, self.endpoint, self.methods) == (other.path, other.endpoint, other.methods)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        methods = sorted(self.methods or ())
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, methods={methods!r})"
