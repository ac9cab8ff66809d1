"""Attributes of a route that may be assigned while its router serves.

The index of a router depends on attributes of its routes. Starlette's programs assign them at any time, so the index
is dropped when that happens: a route records that an index was made of it, and an assignment to a recorded route drops
all indexes there are. A copy of a route is none of those that an index was made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakValueDictionary

from armillary.routing import BaseRoute, RouteList

_INDEXED_ATTRIBUTES = frozenset(
    {"endpoint", "handle", "host_regex", "matches", "name", "param_convertors", "path_regex", "slash_optional"}
)
_INDEXED_KEY = "_indexed_as"

_indexed_lists: WeakValueDictionary[int, RouteList] = WeakValueDictionary()


class WatchedRoute:
    """A route whose attributes may be assigned at any time.

    They are watched from the first index on: until then assignments are those of any object, and a program that makes
    a thousand routes of some forty attributes before it serves takes no longer for it.
    """


def _set_watched(self: WatchedRoute, name: str, value: Any) -> None:
    object.__setattr__(self, name, value)
    if name in _INDEXED_ATTRIBUTES:
        _discard_indexes(self)


def _delete_watched(self: WatchedRoute, name: str) -> None:
    object.__delattr__(self, name)
    if name in _INDEXED_ATTRIBUTES:
        _discard_indexes(self)


def _discard_indexes(route: WatchedRoute) -> None:
    if route.__dict__.get(_INDEXED_KEY) == id(route):
        for routes in tuple(_indexed_lists.values()):
            routes.discard()
        _indexed_lists.clear()


def _watch() -> None:
    if WatchedRoute.__setattr__ is not _set_watched:
        WatchedRoute.__setattr__ = _set_watched  # type: ignore[method-assign, assignment]
        WatchedRoute.__delattr__ = _delete_watched  # type: ignore[method-assign, assignment]


class WatchedRouteList(RouteList):
    """The routes of a router, whatever they are: Starlette checks none."""

    __slots__ = ()

    def checked(self, routes: Iterable[Any]) -> list[BaseRoute]:
        return [*routes]

    def compile(self) -> Any:
        _watch()
        _indexed_lists[id(self)] = self
        for route in self:
            if isinstance(route, WatchedRoute):
                # The record is the identity: a copy has that of another, and counts as not indexed.
                route.__dict__[_INDEXED_KEY] = id(route)
        return super().compile()
