"""What a router can say about its own route table.

A route is unreachable if earlier routes take every connection it could take. Two routes
overlap if some path belongs to both and neither takes all of the other's: the earlier one
wins there, which is worth knowing. Both are decided on the segments of the templates, so nothing
is said about regexes that differ inside a segment unless one of them is a whole `str` parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from ._base_route import BaseRoute
from ._host import Host
from ._index import path_pattern
from ._path_template import PathPattern
from ._route import Route
from ._websocket_route import WebSocketRoute

Kind = Literal["unreachable", "overlap", "duplicate name", "asked for every path"]

_WHOLE_STR = "[^/]+"
_ANY = ".*"


class Finding(NamedTuple):
    """One remark about a route table.

    Attributes:
        kind: "unreachable", "overlap", "duplicate name" or "asked for every path".
        route: the route it is about.
        other: the earlier route it is in conflict with, None if it is about one route.
        where: the mounts above, such as "/api".
    """

    kind: Kind
    route: BaseRoute
    other: BaseRoute | None
    where: str = ""

    def __str__(self) -> str:
        place = f" below {self.where}" if self.where else ""
        if self.kind == "unreachable":
            return f"{self.route!r}{place} is never reached: {self.other!r} comes first and takes all of it"
        if self.kind == "overlap":
            return f"{self.route!r}{place} and the earlier {self.other!r} share paths; the earlier one gets them"
        if self.kind == "duplicate name":
            return f"{self.route!r}{place} has the name of the earlier {self.other!r}, which url_path_for finds first"
        return f"{self.route!r}{place} decides about paths by itself and is asked on every request that reaches it"


class RouteReport(tuple[Finding, ...]):
    """The findings about a route table; empty, and false, if there are none.

    `str()` gives a sentence a line.
    """

    __slots__ = ()

    def of_kind(self, kind: Kind) -> list[Finding]:
        """Return the findings of one kind."""
        return [finding for finding in self if finding.kind == kind]

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "Every route is reachable and no two overlap."


def report(routes: Sequence[BaseRoute], where: str = "") -> Iterator[Finding]:
    """Yield the findings about routes and about those below their mounts."""
    names: dict[str, BaseRoute] = {}
    methods = frozenset(method for route in routes for method in getattr(route, "methods", None) or ())
    for position, route in enumerate(routes):
        yield from _name_findings(names, route, where)
        if not isinstance(route, Host) and path_pattern(route) is None:
            yield Finding("asked for every path", route, None, where)
        yield from _path_findings(routes[:position], route, methods, where)
        below: Sequence[BaseRoute] = getattr(route, "routes", None) or ()
        if below:
            yield from report(below, where + getattr(route, "path", ""))


def _name_findings(names: dict[str, BaseRoute], route: BaseRoute, where: str) -> Iterator[Finding]:
    name = getattr(route, "name", None)
    if not name:
        return
    other = names.setdefault(name, route)
    if other is not route and _params(route) == _params(other):
        yield Finding("duplicate name", route, other, where)


def _params(route: Any) -> set[str]:
    return set(getattr(route, "param_convertors", ()))


def _path_findings(
    earlier: Sequence[BaseRoute], route: BaseRoute, named: frozenset[str], where: str
) -> Iterator[Finding]:
    pattern = path_pattern(route)
    if pattern is None:
        return
    left = _connections(route, named)
    for other in earlier:
        other_pattern = path_pattern(other)
        if other_pattern is None or left.isdisjoint(_connections(other, named)):
            continue
        if covers(other_pattern, pattern):
            left = left - _connections(other, named)
            if not left:
                yield Finding("unreachable", route, other, where)
                return
        elif overlaps(other_pattern, pattern) and not covers(pattern, other_pattern):
            yield Finding("overlap", route, other, where)


_WEBSOCKET = "a WebSocket"
_OTHER_METHOD = "any method that no route names"


def _connections(route: Any, named: frozenset[str]) -> frozenset[str]:
    """Return what a route takes on its paths: methods and WebSockets.

    Args:
        route: the route.
        named: the methods that any route of the table names.
    """
    if isinstance(route, WebSocketRoute):
        return frozenset({_WEBSOCKET})
    if not isinstance(route, Route):
        return named | {_OTHER_METHOD, _WEBSOCKET}
    methods = frozenset(route.methods or named | {_OTHER_METHOD})
    return methods | {_WEBSOCKET} if route.serves_websockets else methods


def covers(first: PathPattern, second: PathPattern) -> bool:
    """Return whether the first surely matches every path of the second."""
    shared, count = len(first.segments), len(second.segments)
    if first.tail is None:
        fits = second.tail is None and count == shared
    elif count == shared:
        fits = second.tail is not None and first.tail in (_ANY, second.tail)
    else:
        fits = count > shared and first.tail == _ANY
    return fits and all(_covers_segment(a, b) for a, b in zip(first.regexes, second.regexes, strict=False))


def _covers_segment(first: str, second: str) -> bool:
    return first == second or (first == _WHOLE_STR and re.fullmatch(second, "") is None)


def overlaps(first: PathPattern, second: PathPattern) -> bool:
    """Return whether some path surely matches both."""
    if not all(_segments_overlap(first, second, place) for place in range(_shared_segments(first, second))):
        return False
    short, long = sorted((first, second), key=lambda pattern: len(pattern.segments))
    if len(short.segments) < len(long.segments):
        return short.tail == _ANY
    return first.tail == second.tail or (first.open_ended and second.open_ended and _ANY in (first.tail, second.tail))


def _shared_segments(first: PathPattern, second: PathPattern) -> int:
    return min(len(first.segments), len(second.segments))


def _segments_overlap(first: PathPattern, second: PathPattern, place: int) -> bool:
    mine, other = first.regexes[place], second.regexes[place]
    if mine == other:
        return True
    for text, regex in ((first.segments[place], other), (second.segments[place], mine)):
        if text is not None:
            return re.fullmatch(regex, text) is not None
    return _WHOLE_STR in (mine, other)
