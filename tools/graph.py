"""The picture of the packages, drawn from what their sources import: `docs/assets/packages.svg`.

Usage: `python tools/graph.py` draws it again; a test fails while the picture does not match the sources. An arrow that
follows from others is left out. A dashed arrow is an import that only an extra makes possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from charter import META_PACKAGE, ROOT, distribution_name, load_charter
from packaging.utils import canonicalize_name
from workspace import Package, Workspace

PICTURE = ROOT / "docs" / "assets" / "packages.svg"

ROW_HEIGHT = 92
BOX_HEIGHT = 34
GAP = 22
LETTER = 7.8
MARGIN = 24

STYLE = """\
    svg { font: 13px system-ui, sans-serif; background: #fff }
    rect { fill: #f3f4fb; stroke: #7c86c4 } rect.whole { fill: #dfe3f8; stroke: #3949ab; stroke-width: 1.6 }
    text { fill: #20243d; text-anchor: middle }
    path { fill: none; stroke: #9aa1c9 } path.extra { stroke-dasharray: 5 4 }
    marker path { fill: #9aa1c9; stroke: none }
    @media (prefers-color-scheme: dark) {
      svg { background: #1e2129 } rect { fill: #2a2f45; stroke: #7c86c4 } rect.whole { fill: #37407a; stroke: #aab4f2 }
      text { fill: #e8eaf6 } path { stroke: #6d76a8 } marker path { fill: #6d76a8 }
    }"""


@dataclass(frozen=True, slots=True)
class Graph:
    """The imports between the packages.

    Attributes:
        edges: for each package the siblings that it imports.
        extras: those of the edges that need an extra, as pairs.
        whole: the packages that the meta-package installs.
    """

    edges: dict[str, frozenset[str]]
    extras: frozenset[tuple[str, str]]
    whole: frozenset[str]


def read_graph(workspace: Workspace) -> Graph:
    """Return the graph of the sources."""
    parts = {name: package for name, package in workspace.packages.items() if not package.is_meta}
    edges = {name: frozenset(imported_siblings(package) & set(parts)) - {name} for name, package in parts.items()}
    extras = frozenset(
        (name, sibling) for name in edges for sibling in edges[name] if sibling not in required_siblings(parts[name])
    )
    meta = workspace.packages.get(META_PACKAGE)
    return Graph(edges, extras, frozenset(required_siblings(meta) if meta else ()))


def imported_siblings(package: Package) -> set[str]:
    """Return the siblings that a package's sources import when they run, anywhere."""
    found: set[str] = set()
    for statements in package.imports.values():
        for statement in statements:
            top, *below = statement.module.split(".")
            if top == "armillary" and not statement.typing_only:
                found |= {name.replace("_", "-") for name in (below[:1] or statement.names)}
    return found


def required_siblings(package: Package) -> set[str]:
    """Return the siblings that are always installed with a package, by its own metadata."""
    prefix = distribution_name("")
    names = {canonicalize_name(requirement.name) for requirement in package.required}
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def without_shortcuts(edges: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the edges that do not follow from others.

    >>> sorted(without_shortcuts({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()})["a"])
    ['b']
    """
    below: dict[str, frozenset[str]] = {}

    def reach(name: str) -> frozenset[str]:
        if name not in below:
            below[name] = frozenset().union(*({near} | reach(near) for near in edges[name]))
        return below[name]

    return {
        name: frozenset(to for to in near if not any(to in reach(by) for by in near)) for name, near in edges.items()
    }


def ranks(edges: dict[str, frozenset[str]]) -> list[list[str]]:
    """Return the packages in rows, the lowest first: each above everything it imports."""
    height: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in height:
            height[name] = 1 + max((rank(near) for near in edges[name]), default=-1)
        return height[name]

    for name in edges:
        rank(name)
    return [
        sorted(name for name in edges if height[name] == row) for row in range(max(height.values(), default=-1) + 1)
    ]


def place(rows: list[list[str]], edges: dict[str, frozenset[str]]) -> dict[str, tuple[float, int]]:
    """Return the middle of each box, every row ordered by the places of its imports."""
    widths = [sum(width_of(name) for name in row) + GAP * (len(row) - 1) for row in rows]
    middle = MARGIN + max(widths) / 2
    places: dict[str, tuple[float, int]] = {}
    for number, row in enumerate(rows):

        def sort_key(name: str) -> tuple[float, str]:
            near = [places[to][0] for to in edges[name]]
            return (sum(near) / len(near) if near else middle, name)

        left = middle - widths[number] / 2
        top = MARGIN + (len(rows) - 1 - number) * ROW_HEIGHT
        for name in sorted(row, key=sort_key):
            places[name] = (left + width_of(name) / 2, top + BOX_HEIGHT // 2)
            left += width_of(name) + GAP
    return places


def width_of(name: str) -> float:
    """Return the width of a package's box."""
    return 24 + LETTER * len(name)


def draw(graph: Graph) -> str:
    """Return the picture."""
    edges = without_shortcuts(graph.edges)
    rows = ranks(graph.edges)
    places = place(rows, edges)
    width = 2 * MARGIN + max(sum(width_of(name) + GAP for name in row) - GAP for row in rows)
    height = 2 * MARGIN + (len(rows) - 1) * ROW_HEIGHT + BOX_HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">',
        "  <title>The packages, each above what it imports</title>",
        f"  <style>\n{STYLE}\n  </style>",
        '  <defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    for name in sorted(edges):
        for to in sorted(edges[name]):
            kind = ' class="extra"' if (name, to) in graph.extras else ""
            lines.append(f'  <path{kind} d="{curve(places[name], places[to])}" marker-end="url(#tip)"/>')
    for name, (x, y) in sorted(places.items()):
        kind = ' class="whole"' if name in graph.whole else ""
        box = f'x="{x - width_of(name) / 2:.1f}" y="{y - BOX_HEIGHT // 2}" width="{width_of(name):.1f}"'
        lines.append(f'  <rect{kind} {box} height="{BOX_HEIGHT}" rx="7"/>')
        lines.append(f'  <text x="{x:.1f}" y="{y + 5}">{escape(name)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def curve(start: tuple[float, int], end: tuple[float, int]) -> str:
    """Return the path from the lower edge of one box to the upper edge of another."""
    (x, y), (to_x, to_y) = start, end
    y, to_y = y + BOX_HEIGHT // 2, to_y - BOX_HEIGHT // 2
    bend = (to_y - y) / 2
    return f"M{x:.1f} {y}C{x:.1f} {y + bend:.0f} {to_x:.1f} {to_y - bend:.0f} {to_x:.1f} {to_y}"


def main(picture: Path = PICTURE) -> None:
    """Draw the picture of this checkout."""
    picture.write_text(draw(read_graph(Workspace(ROOT, load_charter()))), "utf-8")


if __name__ == "__main__":
    main()
