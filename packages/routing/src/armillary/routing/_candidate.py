"""A route of a list, and what is known about it before it is tried."""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import Any, Final

from ._base_route import BaseRoute
from ._host import Host
from ._mount import Mount
from ._path_reader import PathReader
from ._path_shape import PathShape, path_shape
from ._route import Route
from ._websocket_route import WebSocketRoute

# How a candidate is tried.
ENDPOINT: Final = 0  # a Route or WebSocketRoute that neither overrides matching nor handling
MOUNT: Final = 1  # a Mount of which the same holds
HOST: Final = 2  # a Host of which the same holds
CUSTOM: Final = 3  # anything else: through `matches` and `handle`

_PATH_ROUTES = (Route, WebSocketRoute, Mount)


class Candidate:
    """A route of the list, and how it is tried.

    Attributes:
        position: in the list.
        route: the route.
        kind: how it is tried.
        shape: of the paths it can match; None if all must be assumed.
        text: the only path, or host, that it can match; None if there are others.
        reader: of the paths that it matches, if it is an endpoint.
    """

    __slots__ = ("kind", "position", "reader", "route", "shape", "text")

    def __init__(self, position: int, route: Any) -> None:
        self.position = position
        self.route = route
        self.kind = _kind(route)
        self.shape = known_shape(route)
        self.text = literal_text(path_shape(route.host_regex) if self.kind == HOST else self.shape)
        self.reader: PathReader | None = route.reader if self.kind == ENDPOINT else None


_KINDS = ((ENDPOINT, (Route, WebSocketRoute)), (MOUNT, (Mount,)), (HOST, (Host,)))


def _kind(route: Any) -> int:
    for kind, owners in _KINDS:
        if isinstance(route, owners):
            own = inherits(route, "matches", owners) and inherits(route, "handle", owners)
            return kind if own else CUSTOM
    return CUSTOM


def method_function(route: Any, name: str) -> Any:
    """Return the function of a method; None if there is none, or the instance has something else in its place.

    The instance's `__dict__` is not looked at: CPython 3.11 reads the attributes of one that was from then on in five
    times the time, and every request reads those of its route.
    """
    method: Any = getattr(route, name, None)
    return method.__func__ if isinstance(method, MethodType) and method.__self__ is route else None


def inherits(route: BaseRoute, name: str, owners: Iterable[type]) -> bool:
    """Return whether a method is one of ours: neither overridden, nor patched, nor shadowed."""
    method = method_function(route, name)
    for owner in owners:  # noqa: SIM110  # a generator takes longer, and an index asks for each of its routes
        if method is _OWN_METHODS[owner, name]:
            return True
    return False


_OWN_METHODS: dict[tuple[type, str], Any] = {
    (owner, name): getattr(owner, name) for owner in (*_PATH_ROUTES, Host) for name in ("matches", "handle")
}


def known_shape(route: BaseRoute) -> PathShape | None:
    """Return which paths a route can match, None if all must be assumed."""
    if not isinstance(route, _PATH_ROUTES) or not inherits(route, "matches", _PATH_ROUTES):
        return None
    return path_shape(route.lazy_path_regex)


def literal_text(shape: PathShape | None) -> str | None:
    """Return the only text that a shape matches; None if there are others."""
    if shape is None or shape.tail is not None:
        return None
    texts: list[str] = []
    for segment in shape.segments:
        text = segment.text
        if text is None:
            return None
        texts.append(text)
    return "/".join(texts)
