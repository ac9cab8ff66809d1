"""The index of a route list by name, for URL reversing.

As with paths, the index only leaves out routes that cannot have the name; the others are asked,
in the order of the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from ._base_route import BaseRoute
from ._host import Host
from ._mount import Mount
from ._route import TemplateRoute

_Place = tuple[int, BaseRoute]
_position = itemgetter(0)
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
        reverse: Any = getattr(type(route), "url_path_for", None)
        is_own = any(reverse is method for method in _OWN_METHODS)
        if not is_own or not isinstance(name, str) or "url_path_for" in route.__dict__:
            return self.always
        if isinstance(route, TemplateRoute):
            return self.by_name.setdefault(name, [])
        # Routes below a mount are "mount:route"; below one without a name they may be anything.
        return self.by_head.setdefault(name.partition(":")[0], []) if name else self.always

    def find(self, name: str) -> list[BaseRoute]:
        """Return the routes to ask for a name, in order."""
        head = name.partition(":")[0]
        places = [*self.by_name.get(name, ()), *self.by_head.get(head, ()), *self.always]
        return [route for _, route in sorted(places, key=_position)]
