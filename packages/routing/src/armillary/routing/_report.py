"""What a router can say about its own route table.

A route is unreachable if earlier routes take every connection it could take. Two routes
overlap if some path belongs to both and neither takes all of the other's: the earlier one
wins there, which is worth knowing. Both are decided on the segments of the templates, so nothing
is said about regexes that differ inside a segment unless one of them is a whole `str` parameter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ._base_route import BaseRoute
from ._candidate import known_shape
from ._convertors import Convertor
from ._host import Host
from ._path_shape import PathShape, Segment
from ._route import Route
from ._websocket_route import WebSocketRoute

Kind = Literal["unreachable", "overlap", "duplicate name", "body of a GET", "asked for every path"]

_WHOLE_STR = "[^/]+"
_ANY = ".*"


class Finding(NamedTuple):
    """One remark about a route table.

    Attributes:
        kind: "unreachable", "overlap", "duplicate name", "body of a GET" or "asked for every path".
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
        if self.kind == "body of a GET":
            return f"{self.route!r}{place} takes a body, which the requests of browsers and most clients do not have"
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
    earlier: list[_Entry] = []
    for route in routes:
        name = getattr(route, "name", None)
        other = names.setdefault(name, route) if name else route
        is_elsewhere = getattr(route, "path", None) != getattr(other, "path", None)
        if other is not route and is_elsewhere and _params(route) == _params(other):
            yield Finding("duplicate name", route, other, where)
        if _needs_body_of_get(route):
            yield Finding("body of a GET", route, None, where)
        shape = known_shape(route)
        if shape is not None:
            entry = _Entry(route, shape, _connections(route, methods))
            yield from _path_findings(earlier, entry, where)
            earlier.append(entry)
        elif not isinstance(route, Host):
            yield Finding("asked for every path", route, None, where)
        below: Sequence[BaseRoute] = getattr(route, "routes", None) or ()
        if below:
            yield from report(below, where + getattr(route, "path", ""))


def _needs_body_of_get(route: Any) -> bool:
    """Return whether a route for GET alone leads to a typed function that cannot be called without a body."""
    signature: Any = getattr(getattr(route, "base_app", None), "signature", None)
    body = getattr(signature, "body", None)
    return body is not None and body.required is True and frozenset(route.methods or ("POST",)) <= {"GET", "HEAD"}


def _params(route: Any) -> set[str]:
    return set(getattr(route, "param_convertors", ()))


class _Entry(NamedTuple):
    """A route, the paths it matches, and what it takes on them: methods and WebSockets."""

    route: BaseRoute
    shape: PathShape
    connections: frozenset[str]


_WEBSOCKET = "a WebSocket"
_OTHER_METHOD = "any method that no route names"


def _connections(route: Any, named: frozenset[str]) -> frozenset[str]:
    """Return what a route takes on its paths.

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


def _path_findings(earlier: Sequence[_Entry], entry: _Entry, where: str) -> Iterator[Finding]:
    """Yield the conflicts of a route with earlier ones."""
    left = entry.connections  # what no earlier route takes on all of its paths
    for other in earlier:
        if left.isdisjoint(other.connections):
            continue
        if covers(other, entry):
            left = left - other.connections
            if not left:
                yield Finding("unreachable", entry.route, other.route, where)
                return
        elif overlaps(other, entry) and not covers(entry, other):
            yield Finding("overlap", entry.route, other.route, where)


def covers(first: _Entry, second: _Entry) -> bool:
    """Return whether the first surely matches every path of the second."""
    segments, tail = first.shape
    others, other_tail = second.shape
    if tail is None:
        fits = other_tail is None and len(others) == len(segments)
    elif len(others) == len(segments):
        fits = other_tail is not None and tail.regex in (_ANY, other_tail.regex)
    else:
        fits = len(others) > len(segments) and tail.regex == _ANY
    return fits and all(_covers_segment(first, mine, other) for mine, other in zip(segments, others, strict=False))


def _covers_segment(entry: _Entry, segment: Segment, other: Segment) -> bool:
    if other.text is not None:
        return _takes(entry, segment, other.text)
    return segment.regex == other.regex or (segment.regex == _WHOLE_STR and re.fullmatch(other.regex, "") is None)


def overlaps(first: _Entry, second: _Entry) -> bool:
    """Return whether some path surely matches both."""
    for mine, other in zip(first.shape.segments, second.shape.segments, strict=False):
        if mine.regex == other.regex:
            continue
        if mine.text is not None:
            overlap = _takes(second, other, mine.text)
        elif other.text is not None:
            overlap = _takes(first, mine, other.text)
        else:
            overlap = _WHOLE_STR in (mine.regex, other.regex)
        if not overlap:
            return False
    short, long = sorted((first.shape, second.shape), key=lambda shape: len(shape.segments))
    if len(short.segments) < len(long.segments):
        return short.tail is not None and short.tail.regex == _ANY
    if short.tail is None or long.tail is None:
        return short.tail is long.tail
    return short.tail.regex == long.tail.regex or _ANY in (short.tail.regex, long.tail.regex)


def _takes(entry: _Entry, segment: Segment, text: str) -> bool:
    """Return whether a segment of a route matches a text, which may have the shape of a value and be none."""
    if re.fullmatch(segment.regex, text) is None:
        return False
    parameter = segment[0] if len(segment) == 1 else ""
    convertors: Mapping[str, Convertor[Any]] = getattr(entry.route, "param_convertors", {})
    if isinstance(parameter, str) or parameter.name not in convertors:
        return True
    try:
        convertors[parameter.name].convert(text)
    except ValueError:
        return False
    return True
