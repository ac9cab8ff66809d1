"""Which routes of a list can match a path, in their order.

A tree of the routes' segments. It never decides by itself: it leaves out routes that cannot match, and the route
confirms each of the rest. The result is therefore that of trying all routes in order, while the work depends on the
routes that share the path and not on how many there are.

Rules:

1. A route whose `matches` is its own, or whose regex has no shape, can match anything: it is a candidate for every
   path (`always`).
2. Any other route is placed by the segments of its shape. A segment leads to the node of its text, or, if it holds a
   parameter, to the wild node, which every text leads to. At the last segment the route is among the node's `ends`. A
   tail, which takes one segment and all that follow, is among the `tails` of the node before it.
3. A host without parameters is found by its name, apart from the tree (`hosts`).
4. Candidates are tried in the order of the list.

For the table /users, /users/{id}, /{page}, Mount("/files"):

    node        texts                wild   ends     tails
    (root)      "" -> A
    A  ""       "users" -> B,        D
                "files" -> E
    B  users                         C      /users
    C  users/*                              /users/{id}
    D  *                                    /{page}
    E  files                                         Mount("/files")

The path /users/7 leads to C alone; /users leads to B and, by the wild node, to D.

Shortcuts (`lookup`): for most paths it is known beforehand which candidates come first, and that each is an endpoint
with nothing but parameters to read, or a mount. They are stored by the whole path if it has no parameter (`exact`), by
all but the last segment if that is the only parameter (`parents`), else at the node which the path leads to if it
leads to no other: at its last segment (`first`), or at the one after which the tree ends (`first_tails`). If nothing
can match a path that leaves the tree after a node (`is_edge`), that is known as well.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

from armillary.asgi_types import ASGIApp, Scope

from ._candidate import ENDPOINT, MOUNT, Candidate
from ._matched_scope import record_match
from ._path_reader import SegmentReader
from ._path_shape import PathShape

Shortcut: TypeAlias = tuple[Any, SegmentReader | None]
"""An endpoint route with its reader, or a mount with None."""


def _shortcuts(candidates: Sequence[Candidate]) -> list[Shortcut]:
    """Return the first of some candidates, in order, as long as `lookup` can try them."""
    found: list[Shortcut] = []
    for candidate in candidates if len(candidates) < 2 else sorted(candidates, key=_position):
        if candidate.kind == MOUNT and candidate.shape is not None:
            found.append((candidate.route, None))
        elif isinstance(candidate.reader, SegmentReader):
            found.append((candidate.route, candidate.reader))
        else:
            break
    return found


_position = attrgetter("position")


class _Node:
    __slots__ = ("ends", "first", "first_tails", "is_edge", "tails", "texts", "wild")

    def __init__(self) -> None:
        self.texts: dict[str, _Node] = {}
        self.wild: _Node | None = None
        self.ends: Sequence[Candidate] = ()
        self.tails: Sequence[Candidate] = ()
        self.first: Sequence[Shortcut] = ()
        self.first_tails: Sequence[Shortcut] = ()
        self.is_edge: bool = False

    def below(self, segment: str | None) -> _Node:
        """Return the node that a segment leads to, made if it is missing."""
        if segment is not None:
            below = self.texts.get(segment)
            if below is None:
                below = self.texts[segment] = _Node()
            return below
        if self.wild is None:
            self.wild = _Node()
        return self.wild


def _with(known: Sequence[Candidate], candidate: Candidate) -> list[Candidate]:
    """Return the candidates of a node with one more. Most nodes have none, and no list of their own."""
    if not isinstance(known, list):
        return [candidate]
    known.append(candidate)
    return known


class RouteTree:
    """The candidates for one kind of connection, by path.

    Args:
        candidates: in the order they are tried.
    """

    __slots__ = ("always", "exact", "hosts", "parents", "root")

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.root: _Node = _Node()
        self.always: list[Candidate] = []
        self.hosts: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            if candidate.shape is not None:
                self._place(candidate, candidate.shape)
            elif candidate.text is not None:
                self.hosts.setdefault(candidate.text, []).append(candidate)
            else:
                self.always.append(candidate)
        anywhere = [*self.always, *chain.from_iterable(self.hosts.values())]
        self.exact: dict[str, Any] = {}
        for candidate in candidates:
            if candidate.kind == ENDPOINT and candidate.text is not None:
                first = min([*self.find(candidate.text), *anywhere], key=_position)
                if first is candidate:
                    self.exact[candidate.text] = candidate.route
        self.parents: dict[str, tuple[Container[str], Sequence[Shortcut]]] = {}
        self._set_first(self.root, anywhere, [])

    def _place(self, candidate: Candidate, shape: PathShape) -> None:
        node = self.root
        for segment in shape.segments:
            node = node.below(segment.text)
        if shape.tail is None:
            node.ends = _with(node.ends, candidate)
            return
        node.tails = _with(node.tails, candidate)
        if getattr(candidate.route, "slash_optional", False):
            node.ends = _with(node.ends, candidate)

    def _set_first(
        self, node: _Node, passed: list[Candidate], texts: list[str] | None, is_certain: bool = True
    ) -> None:
        """Set the shortcuts of a node and of those below it, as far as paths that lead there lead nowhere else.

        Args:
            node: where to begin.
            passed: candidates for every path that leads to the node.
            texts: the segments that lead to it; None if one of them is a parameter.
            is_certain: whether no path that ends at the node ends at another one too.
        """
        if is_certain and (passed or node.ends):
            node.first = _shortcuts([*passed, *node.ends])
        if node.tails:
            passed = [*passed, *node.tails]
        if passed:
            node.first_tails = _shortcuts(passed)
        else:
            node.is_edge = True
        if node.wild is not None:
            # Only texts that have no node of their own come here and nowhere else.
            self._set_first(node.wild, passed, None)
            first = node.wild.first
            if first and texts is not None and all(reader is None or reader.needs_last for _, reader in first):
                self.parents["/".join(texts)] = (node.texts, first)
            if node.wild.texts or node.wild.wild is not None or node.wild.tails:
                return
        for text, child in node.texts.items():
            self._set_first(child, passed, None if texts is None else [*texts, text], node.wild is None)

    def lookup(self, scope: Scope, path: str, default: ASGIApp, is_own: bool) -> ASGIApp | None:
        """Return the application of the first full match, which is written into the scope, if the shortcuts know it.

        Args:
            scope: the request's.
            path: its path below the root path, decoded.
            default: returned if it is known that no route matches the path, with or without a slash at its end.
            is_own: whether the scope was made for this router alone, so that mounts need no copy of it.

        Returns:
            None if the candidates have to be tried; that is no statement about them.
        """
        # Step 1: the path is the text of a route.
        route: Any
        literal = self.exact.get(path)
        if literal is not None and (not literal.methods or scope["method"] in literal.methods):
            route = literal
            params: dict[str, Any] = {}
        else:
            # Step 2: its last segment is the only parameter, else all of its segments lead to one node.
            segments: Sequence[str]
            shortcuts: Sequence[Shortcut]
            parent, slash, last = path.rpartition("/")
            above = self.parents.get(parent)
            if above is not None and slash and last not in above[0]:
                shortcuts = above[1]
                segments = (last,)
            else:
                segments = path.split("/")
                node = self.root
                for segment in segments:
                    below = node.texts.get(segment, node.wild)
                    if below is None:
                        if node.is_edge and segment:  # with a slash more or less at its end, it leaves here too
                            return default
                        shortcuts = node.first_tails
                        break
                    node = below
                else:
                    shortcuts = node.first
            # Step 3: the routes read their parameters.
            for route, reader in shortcuts:
                if reader is None:
                    app: ASGIApp | None = route.enter(scope, path, is_own)
                    if app is not None:
                        return app
                elif not route.methods or scope["method"] in route.methods:
                    read = reader.read(segments)
                    if read is not None:
                        params = read
                        break
            else:
                return None
        # Step 4: the match is written, here since most connections come here.
        if "path_params" in scope:
            record_match(route, scope, params)
        else:
            scope["path_params"] = params
            scope["endpoint"] = route.endpoint
            scope["route"] = route
        return route.app  # type: ignore[no-any-return]

    def find(self, path: str) -> Sequence[Candidate]:
        """Return the routes that can match a path, in order, except those of `hosts`. Never mutate the result."""
        found = self.always
        nodes = [self.root]
        for segment in path.split("/"):
            below: list[_Node] = []
            for node in nodes:
                if node.tails:
                    found = [*found, *node.tails]
                child = node.texts.get(segment)
                if child is not None:
                    below.append(child)
                if node.wild is not None:
                    below.append(node.wild)
            if not below:
                break
            nodes = below
        else:
            for node in nodes:
                if node.ends:
                    found = [*found, *node.ends]
        return found if len(found) < 2 else sorted(found, key=_position)

    def find_with_host(self, path: str, host: str | None) -> Sequence[Candidate]:
        """Return what `find` does, with the routes that are for one host."""
        found = self.find(path)
        here = self.hosts.get(host) if host is not None else None
        return found if here is None else sorted([*found, *here], key=_position)
