"""The picture of the rings is that of the sources, and each package is outside of what it imports."""

from __future__ import annotations

from graph import Graph
from rings import PICTURE, draw, rings_of


def test_the_picture_of_the_rings_is_that_of_the_sources(current: Graph) -> None:
    assert PICTURE.read_text("utf-8") == draw(current), "draw it again: make graph"


def test_every_package_is_in_one_ring_and_none_is_inside_of_what_it_imports(current: Graph) -> None:
    rings = rings_of(current)
    ring_of = {name: number for number, ring in enumerate(rings) for name in ring}
    assert ring_of.keys() == current.edges.keys()
    assert sum(map(len, rings)) == len(ring_of)
    assert [(name, to) for name, near in current.edges.items() for to in near if ring_of[name] < ring_of[to]] == []
