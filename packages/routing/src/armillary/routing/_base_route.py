"""The base class of routes, and what all routes share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeAlias
from weakref import WeakSet

from armillary.asgi_types import ASGIApp, HTTPException, Middleware, Receive, Scope, Send, scope_record
from armillary.datastructures import URLPath, is_token
from armillary.exchange import has_registered_handlers

from ._fallback_responses import send_not_found
from ._match import Match

Endpoint: TypeAlias = Callable[..., Any]
"""An ASGI application, or a plain function of a request or of a WebSocket."""

MiddlewareList: TypeAlias = Sequence[Middleware] | None
"""Wrapped around an application, the first being outermost."""

_INDEXED_ATTRIBUTES = frozenset(
    {"endpoint", "handle", "host_regex", "matches", "name", "param_convertors", "path_regex", "slash_optional"}
)

_INDEXED_KEY = "_indexed_as"

_live_indexes: WeakSet[Any] = WeakSet()


def record_indexed(route: Any) -> None:
    """Record on a route that an index depends on its attributes.

    The record is the route's identity: a copy has that of another and counts as not indexed.
    """
    if isinstance(route, BaseRoute):
        route.__dict__[_INDEXED_KEY] = id(route)


def watch(index: Any) -> None:
    """Have `index.discard()` called once an attribute that it may depend on is assigned."""
    _live_indexes.add(index)


def _discard_indexes() -> None:
    for index in tuple(_live_indexes):
        index.discard()
    _live_indexes.clear()


class BaseRoute:
    """A route: says whether it matches a scope, and handles the connections it matched.

    Subclass it with `matches` and `handle`, and `url_path_for` if it can be reversed. A router
    calls a route of unknown kind in its turn, exactly once per connection. Instances are also
    ASGI applications.
    """

    scope_in_place: ClassVar[bool] = False
    """Write spec keys (`root_path`) into the caller's scope instead of into a copy."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how far the route matches, and the keys it adds to the scope."""
        raise NotImplementedError(f"{type(self).__name__} needs a matches method")

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the route called `name`; `NoMatchFound` if it has another name."""
        raise NotImplementedError(f"{type(self).__name__} needs a url_path_for method")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection that matched, in full or in part."""
        raise NotImplementedError(f"{type(self).__name__} needs a handle method")

    def raises(self, scope: Scope) -> bool:
        """Return whether 404 and 405 are raised as `HTTPException` rather than sent."""
        return has_registered_handlers(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an application: handle what matches, 404 or close 1000 for the rest."""
        match, child_scope = self.matches(scope)
        if match is Match.NONE:
            if scope["type"] == "http" and self.raises(scope):
                raise HTTPException(404)
            await send_not_found(scope, send)
            return
        await self.handle(self.extend_scope(scope, child_scope), receive, send)

    def extend_scope(self, scope: Scope, child_scope: Scope) -> Scope:
        """Return the scope with the keys a match adds.

        The routing keys go into the caller's scope, where outer middleware finds them later; a
        spec key that changes makes it a copy, since the caller still needs its own.
        """
        return extended_scope(scope, child_scope, in_place=self.scope_in_place)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in _INDEXED_ATTRIBUTES and self.__dict__.get(_INDEXED_KEY) == id(self):
            _discard_indexes()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if name in _INDEXED_ATTRIBUTES and self.__dict__.get(_INDEXED_KEY) == id(self):
            _discard_indexes()


def extended_scope(scope: Scope, child_scope: Scope, *, in_place: bool) -> Scope:
    """Return the scope with the keys of a match; a copy if a spec key changes and not `in_place`."""
    if in_place or not ("root_path" in child_scope or "path" in child_scope):
        scope.update(child_scope)
        return scope
    add_routing_keys(scope, child_scope)
    scope_record(scope)  # made here, so that the copy shares it
    return {**scope, **child_scope}


def add_routing_keys(scope: Scope, below: Scope) -> None:
    """Write into a scope what is known below it of the route, for outer middleware to find later."""
    for key in ("endpoint", "path_params", "route"):
        if key in below:
            scope[key] = below[key]


def checked_callable(value: Any, parameter: str) -> Any:
    """Return an application or endpoint; `TypeError` for what cannot be called."""
    if not callable(value):
        raise TypeError(f"{parameter} takes a function or an ASGI application, got {value!r}")
    return value


def wrap(app: ASGIApp, middleware: MiddlewareList) -> ASGIApp:
    """Return `app` inside its middleware, the first being outermost."""
    for cls, args, kwargs in reversed(middleware or ()):
        app = cls(app, *args, **kwargs)
    return app


def endpoint_name(endpoint: Any) -> str:
    """Return the name of a function or class, or of an instance's class."""
    return str(getattr(endpoint, "__name__", type(endpoint).__name__))


def method_set(methods: Iterable[str] | None) -> set[str] | None:
    """Return upper-case method names, HEAD joining GET.

    Raises:
        TypeError: a bare string, or something in the list that is no string.
        ValueError: a name that no method can have (RFC 9110 section 9.1).
    """
    if methods is None:
        return None
    if isinstance(methods, str):
        raise TypeError(f"methods takes a list of names, such as [{methods!r}], not a string")
    names: set[str] = set()
    for method in methods:
        if not isinstance(method, str):
            raise TypeError(f"methods takes a list of names, got {method!r} in it")
        if not is_token(method):
            raise ValueError(f"methods: {method!r} is not the name of a method")
        names.add(method.upper())
    if "GET" in names:
        names.add("HEAD")
    return names
