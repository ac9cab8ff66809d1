"""The index of a route list: which routes can match a path, in their order.

An index never decides: it leaves out routes that cannot match, and the route's own regex, or the
route itself, confirms each of the rest. The result is therefore that of trying all routes in
order, while the work depends on the routes that share the path and not on how many there are.

Invariants:

- A route whose `matches` is its own, or whose regex did not come from `compile_path`, can match
  anything and is a candidate for every path.
- Any other route is found by the segments of its regex. A segment of the tree is an exact text
  or wild; a tail is one segment and all that follow it.
- A host without parameters is found by its name, apart from the tree.
- Candidates come in the order of the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple
from weakref import ref

from ._base_route import BaseRoute, record_indexed, watch
from ._convertors import StringConvertor
from ._host import Host
from ._mount import Mount
from ._name_index import NameIndex
from ._path_match import conversions, converted
from ._path_template import PathPattern
from ._route import Route
from ._websocket_route import WebSocketRoute

# How a candidate is tried.
LEAF: Final = 0  # a Route or WebSocketRoute that neither overrides matching nor handling
MOUNT: Final = 1  # a Mount of which the same holds
HOST: Final = 2  # a Host of which the same holds
CUSTOM: Final = 3  # anything else: through `matches` and `handle`

_PATH_ROUTES = (Route, WebSocketRoute, Mount)
_order = attrgetter("position")


class Candidate:
    """A route of the list, and how it is tried."""

    __slots__ = ("always", "any_method", "conversions", "host", "kind", "match", "position", "route", "static")

    def __init__(self, position: int, route: Any, any_method: bool = False) -> None:
        self.position = position
        self.route = route
        self.kind = _kind(route)
        record_indexed(route)
        pattern = path_pattern(route)
        self.host = _static_path(host_pattern(route)) if self.kind == HOST else None
        self.always = pattern is None and self.host is None
        self.static = _static_path(pattern) if self.kind == LEAF else None
        self.any_method = any_method
        if self.kind == LEAF:
            self.match: Callable[[str], re.Match[str] | None] = route.path_regex.match
            self.conversions = conversions(route.param_convertors)

    def params(self, path: str) -> dict[str, Any] | None:
        """Return the converted parameters of a path, None if the route, a leaf, does not match it."""
        found = self.match(path)
        return None if found is None else converted(found, path, self.conversions)


def _inherits(route: BaseRoute, name: str, owners: Iterable[type]) -> bool:
    """Return whether a method is one of ours: neither overridden, nor patched, nor shadowed."""
    if name in route.__dict__:
        return False
    method = getattr(type(route), name)
    return any(method is _OWN_METHODS[owner, name] for owner in owners)


_OWN_METHODS: dict[tuple[type, str], Any] = {
    (owner, name): getattr(owner, name) for owner in (*_PATH_ROUTES, Host) for name in ("matches", "handle")
}


def _kind(route: BaseRoute) -> int:
    for kind, owners in ((LEAF, (Route, WebSocketRoute)), (MOUNT, (Mount,)), (HOST, (Host,))):
        if isinstance(route, owners):
            own = _inherits(route, "matches", owners) and _inherits(route, "handle", owners)
            return kind if own else CUSTOM
    return CUSTOM


def path_pattern(route: BaseRoute) -> PathPattern | None:
    """Return the pattern that says which paths a route can match, None if all must be assumed."""
    if not isinstance(route, _PATH_ROUTES) or not _inherits(route, "matches", _PATH_ROUTES):
        return None
    pattern = getattr(getattr(route, "path_regex", None), "pattern", None)
    return pattern if isinstance(pattern, PathPattern) else None


def host_pattern(route: Any) -> PathPattern | None:
    """Return the pattern that says which hosts a route can match, None if all must be assumed."""
    pattern = getattr(getattr(route, "host_regex", None), "pattern", None)
    return pattern if isinstance(pattern, PathPattern) else None


def _static_path(pattern: PathPattern | None) -> str | None:
    if pattern is None or pattern.open_ended:
        return None
    texts = [segment for segment in pattern.segments if segment is not None]
    return "/".join(texts) if len(texts) == len(pattern.segments) else None


class _Node:
    __slots__ = ("ends", "tails", "texts", "wild")

    def __init__(self) -> None:
        self.texts: dict[str, _Node] = {}
        self.wild: _Node | None = None
        self.ends: list[Candidate] = []
        self.tails: list[Candidate] = []

    def below(self, segment: str | None) -> _Node:
        if segment is not None:
            return self.texts.setdefault(segment, _Node())
        if self.wild is None:
            self.wild = _Node()
        return self.wild


class LastSegment(NamedTuple):
    """A route that is a text but for its last segment, which is one `str` parameter.

    It takes a path under its text whose last segment is not empty and none of `texts`; no other
    route can.
    """

    route: Any
    name: str
    texts: Container[str]


def _last_segment(candidate: Candidate, prefix: str, texts: Container[str]) -> LastSegment | None:
    """Return a candidate as a `LastSegment` if its regex is exactly that."""
    route = candidate.route
    if candidate.kind != LEAF or candidate.any_method or len(route.param_convertors) != 1:
        return None
    ((name, convertor),) = route.param_convertors.items()
    text = rf"^{re.escape(prefix + '/')}(?P<{name}>{StringConvertor.regex})\Z"
    is_one = type(convertor) is StringConvertor and route.path_regex.pattern == text
    return LastSegment(route, name, texts) if is_one else None


class RouteTree:
    """The candidates for one kind of connection, by path."""

    __slots__ = ("always", "exact", "hosts", "last_segments", "parents", "root")

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.root = _Node()
        self.always = [candidate for candidate in candidates if candidate.always]
        for candidate in candidates:
            pattern = path_pattern(candidate.route)
            if pattern is not None:
                self._place(candidate, pattern)
        self.hosts: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            if candidate.host is not None:
                self.hosts.setdefault(candidate.host, []).append(candidate)
        self.parents: dict[str, _Node] = {}
        if not self.always:
            self._index_parents(self.root, [])
        self.last_segments: dict[str, LastSegment] = {}
        for prefix, node in self.parents.items():
            ends = node.wild.ends if node.wild is not None and not self.hosts else ()
            simple = _last_segment(ends[0], prefix, node.texts) if len(ends) == 1 else None
            if simple is not None:
                self.last_segments[prefix] = simple
        self.exact: dict[str, Any] = {}
        first_host = next((candidate.position for candidate in candidates if candidate.host is not None), None)
        for candidate in candidates:
            if first_host is not None and first_host < candidate.position:
                break
            if candidate.static is not None and self.find(candidate.static)[0] is candidate:
                self.exact[candidate.static] = candidate.route

    def _place(self, candidate: Candidate, pattern: PathPattern) -> None:
        node = self.root
        for segment in pattern.segments:
            node = node.below(segment)
        if pattern.open_ended:
            node.tails.append(candidate)
            if getattr(candidate.route, "slash_optional", False):
                node.ends.append(candidate)
        else:
            node.ends.append(candidate)

    def _index_parents(self, node: _Node, segments: list[str]) -> None:
        """Index by its path each node that has a wild child and that only its own segments lead to."""
        if node.tails:
            return
        if node.wild is not None:
            self.parents["/".join(segments)] = node
            return
        for segment, child in node.texts.items():
            self._index_parents(child, [*segments, segment])

    def find(self, path: str) -> Sequence[Candidate]:
        """Return the routes that can match a path, in order, except those of `hosts`. Never mutate the result."""
        prefix, _, last = path.rpartition("/")
        parent = self.parents.get(prefix)
        if parent is not None and last not in parent.texts:
            return parent.wild.ends  # type: ignore[union-attr]
        node = self.root
        found = self.always
        for segment in path.split("/"):
            if node.tails:
                found = found + node.tails if found else node.tails
            child = node.texts.get(segment)
            if child is None:
                child = node.wild
                if child is None:
                    break
            elif node.wild is not None:
                return self._find_branching(path)
            node = child
        else:
            if not found:
                return node.ends
            found = found + node.ends
        return found if len(found) < 2 else sorted(found, key=_order)

    def add_host(self, found: Sequence[Candidate], host: str | None) -> Sequence[Candidate]:
        """Return the candidates with the routes that are for one host."""
        here = self.hosts.get(host) if host is not None else None
        return found if here is None else sorted([*found, *here], key=_order)

    def _find_branching(self, path: str) -> Sequence[Candidate]:
        """Return the same if a segment is the text of one route and may be a parameter of another."""
        found = [*self.always]
        nodes = [self.root]
        for segment in path.split("/"):
            following: list[_Node] = []
            for node in nodes:
                found += node.tails
                child = node.texts.get(segment)
                if child is not None:
                    following.append(child)
                if node.wild is not None:
                    following.append(node.wild)
            nodes = following
        for node in nodes:
            found += node.ends
        return sorted(found, key=_order)


class RouteIndex:
    """The compiled form of a route list."""

    __slots__ = ("__weakref__", "_names", "_owner", "candidates", "http", "websocket")

    def __init__(self, routes: Any) -> None:
        self._owner = ref(routes)
        self.candidates = [Candidate(position, route) for position, route in enumerate(routes)]
        self.http = RouteTree([c for c in self.candidates if not _only(c.route, WebSocketRoute)])
        self.websocket = RouteTree(
            [Candidate(c.position, c.route, any_method=True) for c in self.candidates if _takes_websockets(c.route)]
        )
        self._names: NameIndex | None = None
        watch(self)

    @property
    def names(self) -> NameIndex:
        """The routes by name, compiled when a URL is first reversed."""
        if self._names is None:
            self._names = NameIndex([candidate.route for candidate in self.candidates])
        return self._names

    def discard(self) -> None:
        """Have the list compile again."""
        owner = self._owner()
        if owner is not None:
            owner.discard()


def _only(route: BaseRoute, family: type[BaseRoute]) -> bool:
    """Return whether a route decides by the `matches` of one family of routes."""
    return isinstance(route, family) and _inherits(route, "matches", (family,))


def _takes_websockets(route: BaseRoute) -> bool:
    return not _only(route, Route) or route.serves_websockets  # type: ignore[attr-defined]
