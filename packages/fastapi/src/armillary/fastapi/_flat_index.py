"""The index of a router's routes and of those of the routers it includes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from armillary.asgi_types import Receive, Scope, Send
from armillary.routing import Match, Route, RouteList

from ._fastapi import routing
from ._leaf import Leaf

FASTAPI_KEY: Final = "fastapi"

INDEX_KEY: Final = "_armillary_index"
"""Where a router keeps its index."""

_NO_SHAPE = re.compile("")


class AskedRoute(Route):
    """Stands for a route that FastAPI's loop asks; the index knows at most which paths it can match.

    Args:
        top: the route of the outermost router that is asked.
        path_regex: of the paths; one that matches anything if they are unknown.
    """

    takes_websockets = False

    def __init__(self, top: Any, path_regex: re.Pattern[str]) -> None:
        self.top = top
        self.path = ""
        self.endpoint = top
        self.path_regex = path_regex
        self.param_convertors = {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the index ask: a route that overrides this is never matched by its path alone."""
        raise NotImplementedError("FastAPI's loop handles the connection")


class _IncludedMark:
    """Stands for included routers that match nothing: what FastAPI writes into the scope on its way through one."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        scope.setdefault(FASTAPI_KEY, {})
        return Match.NONE, {}


INCLUDED_MARK: Final = _IncludedMark()


class FlatIndex:
    """The leaves of a router, by path.

    Args:
        router: FastAPI's.
        routes: its route list.

    Attributes:
        token: what the route list compiled last; another one there says that this index is out of date.
        leaves: in FastAPI's order.
        tree: finds leaves by path.
        has_included: whether FastAPI would ask an included router on its way through all routes.
        first_included: the position of the first included router.
    """

    def __init__(self, router: Any, routes: RouteList) -> None:
        self.token = routes.compiled or routes.compile()
        self.has_included = False
        self.first_included = len(routes)
        self._routers: list[Any] = [router]
        self._positions: dict[int, int] = {}
        leaves = self.leaves = list[Route]()
        for position, route in enumerate(routes):
            self._positions.setdefault(id(route), position)
            if not self.has_included and isinstance(route, routing._IncludedRouter):
                self.has_included, self.first_included = True, position
            leaves.extend(self._leaves(route, route, ()))
        for included in self._routers[1:]:
            if isinstance(included.routes, RouteList):
                included.routes.add_dependent(routes)
        self.tree = RouteList(leaves).compile().http

    def _leaves(self, top: Any, route: Any, chain: tuple[Any, ...]) -> Iterable[Route]:
        """Yield the leaves of a route, in FastAPI's order.

        Args:
            top: the route of the outermost router that leads to it.
            route: the route itself.
            chain: the included routers on the way, outermost first.
        """
        if isinstance(route, routing._IncludedRouter):
            router = route.original_router
            if type(route) is not routing._IncludedRouter or not _is_own(router, routing.APIRouter):
                yield AskedRoute(top, _NO_SHAPE)
                return
            if not any(router is known for known in self._routers):
                self._routers.append(router)
            included = _below(chain[-1], route) if chain else route
            for inner in router.routes:
                yield from self._leaves(top, inner, (*chain, included))
        elif isinstance(route, routing.APIRoute) and _is_own(route, routing.APIRoute):
            yield Leaf(top, route, chain, follows_included=self.has_included)
        elif not chain or isinstance(route, routing.APIRoute):
            yield AskedRoute(top, _NO_SHAPE if chain else _known_paths(route))
        elif (context := chain[-1]._build_effective_context(route)) is not None:
            yield AskedRoute(top, _known_paths(context.starlette_route))

    def routes_for(self, path: str) -> list[Any]:
        """Return the routes of the router that can match a path, in order."""
        return self.merged([candidate.route.top for candidate in self.tree.find(path)], [])

    def merged(self, first: list[Any], second: list[Any]) -> list[Any]:
        """Return the routes of both lists, once each and in the order of the router."""
        found = {id(route): route for route in (*first, *second)}
        return sorted(found.values(), key=lambda route: self._positions[id(route)])

    def marked(self, found: list[Any]) -> list[Any]:
        """Return routes of `routes_for` with a mark where FastAPI comes to the first included router."""
        if not self.has_included:
            return found
        at = sum(self._positions[id(route)] < self.first_included for route in found)
        return [*found[:at], INCLUDED_MARK, *found[at:]]

    def has_low_priority_routes(self) -> bool:
        """Return whether the router, or one it includes, serves a frontend; they are added at any time."""
        return any(router._low_priority_routes for router in self._routers)


def _below(outer: Any, route: Any) -> Any:
    """Return what the inclusion of a router makes of a router that this one includes."""
    return routing._IncludedRouter(
        original_router=route.original_router, include_context=outer.include_context.combine(route.include_context)
    )


def current_index(router: Any, routes: RouteList) -> FlatIndex:
    """Return the index of a router's routes, made if there is none or it is out of date."""
    index: FlatIndex | None = router.__dict__.get(INDEX_KEY)
    if index is None or index.token is not routes.compiled:
        index = router.__dict__[INDEX_KEY] = FlatIndex(router, routes)
    return index


_STARLETTE_ROUTES = (routing.routing.Route, routing.routing.WebSocketRoute, routing.routing.Mount)
_OWN_MATCHES = [cls.matches for cls in (*_STARLETTE_ROUTES, routing.APIRoute, routing.APIWebSocketRoute)]


def _is_own(owner: Any, base: type) -> bool:
    """Return whether an object decides and handles as FastAPI's own class does."""
    cls = owner.__class__
    return all(
        name not in owner.__dict__ and getattr(cls, name) is getattr(base, name) for name in ("matches", "handle")
    )


def _known_paths(route: Any) -> re.Pattern[str]:
    """Return the regex of the only paths that a route can match; one without a shape if they are unknown."""
    if isinstance(route, _STARLETTE_ROUTES) and "matches" not in route.__dict__:
        cls = route.__class__
        if any(cls.matches is own for own in _OWN_MATCHES):
            regex: re.Pattern[str] = route.path_regex
            return regex
    return _NO_SHAPE
