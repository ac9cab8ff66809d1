"""The compiled form of a route list: by path for requests and for WebSockets, and by name for URL reversing.

As with paths, the index of names only leaves out routes that cannot have the name; the others are asked, in the order
of the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from ._base_route import BaseRoute
from ._candidate import Candidate, inherits, method_function
from ._host import Host
from ._mount import Mount
from ._route import Route
from ._route_tree import RouteTree
from ._template_route import EndpointRoute, TemplateRoute
from ._websocket_route import WebSocketRoute


class RouteIndex:
    """The compiled form of a route list.

    Args:
        routes: the route list as it is now.
    """

    __slots__ = ("_names", "_routes", "http", "websocket")

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [*routes]
        candidates = [Candidate(position, route) for position, route in enumerate(self._routes)]
        self.http: RouteTree = RouteTree([c for c in candidates if not _decides_as(c.route, WebSocketRoute)])
        self.websocket: RouteTree = RouteTree(
            [c for c in candidates if not _decides_as(c.route, Route) or c.route.serves_websockets]
        )
        self._names: NameIndex | None = None

    @property
    def names(self) -> NameIndex:
        """The routes by name, compiled when a URL is first reversed."""
        if self._names is None:
            self._names = NameIndex(self._routes)
        return self._names


def _decides_as(route: BaseRoute, family: type[BaseRoute]) -> bool:
    """Return whether a route decides by the `matches` of one family of routes."""
    return isinstance(route, family) and inherits(route, "matches", (family,))


_Place: TypeAlias = tuple[int, BaseRoute]
_OWN_METHODS = [cls.url_path_for for cls in (TemplateRoute, Mount, Host)]


class NameIndex:
    """The routes that can have a name.

    Args:
        routes: the route list as it is now.
    """

    __slots__ = ("always", "by_head", "by_name")

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.by_name: dict[str, list[_Place]] = {}
        self.by_head: dict[str, list[_Place]] = {}
        self.always: list[_Place] = []
        for place in enumerate(routes):
            self._list_for(place[1]).append(place)

    def _list_for(self, route: BaseRoute) -> list[_Place]:
        name: Any = getattr(route, "name", None)
        reverse = method_function(route, "url_path_for")
        is_own = any(reverse is method for method in _OWN_METHODS)
        if not is_own or not isinstance(name, str):
            return self.always
        if isinstance(route, EndpointRoute):
            return self.by_name.setdefault(name, [])
        # Routes below a mount are "mount:route"; below one without a name they may be anything.
        return self.by_head.setdefault(name.partition(":")[0], []) if name else self.always

    def find(self, name: str) -> list[BaseRoute]:
        """Return the routes to ask for a name, in order."""
        head = name.partition(":")[0]
        places = [*self.by_name.get(name, ()), *self.by_head.get(head, ()), *self.always]
        return [route for _, route in sorted(places, key=itemgetter(0))]
