"""Circles in a graph of imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def find_circles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return circles of a graph, each as the path that leads back to its first name; none has a name of another.

    Args:
        edges: for each name those that it imports.

    >>> find_circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["c"]})
    [['a', 'b', 'c', 'a']]
    """
    rest = {name: sorted(edges[name]) for name in sorted(edges)}
    found = []
    while True:
        try:
            TopologicalSorter(rest).prepare()
        except CycleError as exc:
            # graphlib lists the imported before its importer, and the first name again at the end.
            circle: list[str] = exc.args[1][:0:-1]
            start = circle.index(min(circle))
            found.append([*circle[start:], *circle[: start + 1]])
            rest = {name: [near for near in rest[name] if near not in circle] for name in rest if name not in circle}
        else:
            return sorted(found)
