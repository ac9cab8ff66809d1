"""The picture of the rings is that of the sources, and each package is outside of what it imports."""

from __future__ import annotations

from charter import ROOT, load_charter
from graph import read_graph
from rings import PICTURE, draw, rings_of
from workspace import Workspace

CURRENT = read_graph(Workspace(ROOT, load_charter()))


def test_the_picture_of_the_rings_is_that_of_the_sources() -> None:
    assert PICTURE.read_text("utf-8") == draw(CURRENT), "draw it again: make graph"


def test_every_package_is_in_one_ring_and_none_is_inside_of_what_it_imports() -> None:
    rings = rings_of(CURRENT)
    ring_of = {name: number for number, ring in enumerate(rings) for name in ring}
    assert ring_of.keys() == CURRENT.edges.keys()
    assert sum(map(len, rings)) == len(ring_of)
    assert [(name, to) for name, near in CURRENT.edges.items() for to in near if ring_of[name] < ring_of[to]] == []
