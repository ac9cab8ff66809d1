from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from charter import ROOT, load_charter
from graph import PICTURE, Graph, draw, ranks, read_graph, without_shortcuts
from workspace import Workspace


def test_the_picture_in_the_documentation_is_that_of_the_sources(current: Graph) -> None:
    assert PICTURE.read_text("utf-8") == draw(current), "draw it again: make graph"


def test_every_package_is_in_the_picture(current: Graph) -> None:
    drawn = ElementTree.fromstring(draw(current))
    names = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert names == {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")} - {"armillary"}


def test_every_arrow_points_down(current: Graph) -> None:
    rows = ranks(current.edges)
    height = {name: row for row, names in enumerate(rows) for name in names}
    assert all(height[name] > height[to] for name, near in current.edges.items() for to in near)


def test_what_follows_from_other_arrows_is_not_drawn() -> None:
    edges = {"top": frozenset({"low", "middle"}), "middle": frozenset({"low"}), "low": frozenset[str]()}
    assert without_shortcuts(edges) == {"top": {"middle"}, "middle": {"low"}, "low": frozenset()}


def test_an_import_that_needs_an_extra_is_dashed(current: Graph) -> None:
    assert ("routing", "http") in current.extras
    assert ("http", "datastructures") not in current.extras
    assert 'class="extra"' in draw(current)


def test_an_import_that_is_removed_changes_the_picture(checkout: Any) -> None:
    def picture() -> str:
        return draw(read_graph(Workspace(checkout.root, load_charter(checkout.root / "tools" / "charter.toml"))))

    before = picture()
    cors = checkout.root / "packages" / "cors" / "src" / "armillary" / "cors"
    for path in cors.glob("*.py"):
        path.write_text("")
    assert picture() != before
