"""A list of routes that drops its index when it changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex
from weakref import WeakValueDictionary

from ._base_route import BaseRoute
from ._route_index import RouteIndex


class RouteList(list[BaseRoute]):
    """The routes of a router: a plain list to its users.

    Every method that changes the list drops `compiled`; the next connection compiles it again. Attributes of a route
    that are changed later do not: put the route into the list again (`routes[at] = route`).

    Args:
        routes: the routes, of ours or of another framework.

    Raises:
        TypeError: for anything that is no route, here and in every method that takes one.
    """

    __slots__ = ("__weakref__", "_dependents", "changes", "compiled")

    def __init__(self, routes: Iterable[BaseRoute] = ()) -> None:
        super().__init__(self.checked(routes))
        self.compiled: RouteIndex | None = None
        self.changes: int = 0
        self._dependents: WeakValueDictionary[int, RouteList] | None = None

    def checked(self, routes: Iterable[Any]) -> list[BaseRoute]:
        """Return routes that are about to be put into the list; `TypeError` for anything else."""
        if not isinstance(routes, Iterable):
            raise TypeError(f"routes takes a list of routes, got {routes!r}; write [{routes!r}]")
        found = [*routes]
        for route in found:
            if isinstance(route, type) or not callable(getattr(route, "matches", None)):
                raise TypeError(f"routes takes routes, got {route!r}; write Route(path, endpoint) or Mount(path, app)")
        return found

    def discard(self) -> None:
        """Drop the index, and those of the lists that depend on this one."""
        self.changes += 1
        self.compiled = None
        if self._dependents:
            dependents, self._dependents = self._dependents, None
            for routes in dependents.values():
                routes.discard()

    def add_dependent(self, routes: RouteList) -> None:
        """Drop the index of another list too when this one changes next; for a list whose index holds these routes."""
        if self._dependents is None:
            self._dependents = WeakValueDictionary()
        self._dependents[id(routes)] = routes

    def compile(self) -> RouteIndex:
        """Return the index of the routes as they are now."""
        changes = self.changes
        index = RouteIndex(self)
        # A change made meanwhile, in another thread, leaves the new index unused.
        if changes == self.changes:
            self.compiled = index
        return index

    def append(self, route: BaseRoute, /) -> None:
        self.extend((route,))

    def extend(self, routes: Iterable[BaseRoute], /) -> None:
        super().extend(self.checked(routes))
        self.discard()

    def insert(self, index: SupportsIndex, route: BaseRoute, /) -> None:
        super().insert(index, *self.checked((route,)))
        self.discard()

    def remove(self, route: BaseRoute, /) -> None:
        super().remove(route)
        self.discard()

    def pop(self, index: SupportsIndex = -1, /) -> BaseRoute:
        route = super().pop(index)
        self.discard()
        return route

    def clear(self) -> None:
        super().clear()
        self.discard()

    def reverse(self) -> None:
        super().reverse()
        self.discard()

    def sort(self, **options: Any) -> None:
        try:
            super().sort(**options)
        finally:
            self.discard()

    def __setitem__(self, index: Any, value: Any, /) -> None:
        checked: Any = self.checked(value) if isinstance(index, slice) else self.checked((value,))[0]
        super().__setitem__(index, checked)  # pyright: ignore[reportUnknownArgumentType]
        self.discard()

    def __delitem__(self, index: SupportsIndex | slice, /) -> None:
        super().__delitem__(index)
        self.discard()

    def __iadd__(self, routes: Iterable[BaseRoute], /) -> RouteList:  # type: ignore[override, misc]
        self.extend(routes)
        return self

    def __imul__(self, times: SupportsIndex, /) -> RouteList:
        super().__imul__(times)
        self.discard()
        return self

    def copy(self) -> RouteList:
        return type(self)(self)

    def __reduce__(self) -> tuple[type[RouteList], tuple[list[BaseRoute]]]:
        return type(self), (list(self),)
