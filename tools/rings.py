"""The picture of the rings, drawn from what the packages import: `docs/assets/rings.svg`.

Usage: `python tools/rings.py` draws it again; a test fails while the picture does not match the sources. A package is
in a ring outside of everything it imports; those that the meta-package installs are bold.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from charter import ROOT, load_charter
from graph import Graph, ranks, read_graph
from workspace import Workspace

PICTURE = ROOT / "docs" / "assets" / "rings.svg"

LETTER = 7.6
GAP = 24
BAND = 40
FIRST_RADIUS = 100
MARGIN = 14

STYLE = """\
    text { font: 13px system-ui, sans-serif; fill: #20243d; text-anchor: middle }
    text.whole { font-weight: 650 } text.centre { font-size: 14px; font-weight: 650 }
    circle { fill: none; stroke-width: 38 } circle.core { fill: #c5cdf3; stroke: none }
    @media (prefers-color-scheme: dark) { text { fill: #eef0fb } circle.core { fill: #39437f } }"""
LIGHT = ("#d3d9f6", "#dee3f9", "#e6eafb", "#edf0fc", "#f3f5fd")
DARK = ("#333c70", "#2e3663", "#292f56", "#242a4a", "#20253f")


def draw(graph: Graph) -> str:
    """Return the picture."""
    centre, *rings = rings_of(graph)
    step = max((room_for(ring) - FIRST_RADIUS) / number for number, ring in enumerate(rings) if number)
    radii = [FIRST_RADIUS + max(BAND, step) * number for number in range(len(rings))]
    half = radii[-1] + BAND / 2 + MARGIN
    style = STYLE + "".join(
        f"\n    circle.r{at} {{ stroke: {LIGHT[at]} }} @media (prefers-color-scheme: dark) "
        f"{{ circle.r{at} {{ stroke: {DARK[at]} }} }}"
        for at in range(len(rings))
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-half:.0f} {-half:.0f} {2 * half:.0f} {2 * half:.0f}" '
        'role="img">',
        "  <title>The packages in rings, each outside of what it imports</title>",
        f"  <style>\n{style}\n  </style>",
        f'  <circle class="core" r="{radii[0] - BAND / 2 - 4:.0f}"/>',
    ]
    lines += [
        f'  <text class="centre" y="{5 + 22 * at - 11 * (len(centre) - 1)}">{name}</text>'
        for at, name in enumerate(centre)
    ]
    for number, (ring, radius) in enumerate(zip(rings, radii, strict=True)):
        lines.append(f'  <circle class="r{number}" r="{radius:.0f}"/>')
        lines += ring_lines(ring, radius, number, graph.whole)
    return "\n".join([*lines, "</svg>", ""])


def rings_of(graph: Graph) -> list[list[str]]:
    """Return the rings from the inside out: the rows of the graph, as many in one ring as there is room for."""
    rings: list[list[str]] = []
    for row in ranks(graph.edges):
        limit = len(LIGHT) + 1
        if not rings or (len(rings) < limit and len(rings[-1]) + len(row) > 4 + 2 * len(rings)):
            rings.append([])
        rings[-1] += row
    return rings


def room_for(ring: list[str]) -> float:
    """Return the radius at which the names of a ring have room."""
    return sum(width_of(name) for name in ring) / (2 * math.pi)


def width_of(name: str) -> float:
    """Return the length of a name along its ring."""
    return LETTER * len(name) + GAP


def ring_lines(ring: list[str], radius: float, number: int, whole: frozenset[str]) -> list[str]:
    """Return the names of a ring, each along an arc of its own; those below read from left to right as well."""
    lines: list[str] = []
    length = sum(width_of(name) for name in ring)
    turn = -math.pi / 2 - (2 * math.pi) * width_of(ring[0]) / length / 2
    for name in ring:
        angle = 2 * math.pi * width_of(name) / length
        middle = turn + angle / 2
        turn += angle
        below = math.sin(middle) > 0.05
        baseline = radius + (5 if below else -5)
        start, end = (middle + angle / 2, middle - angle / 2) if below else (middle - angle / 2, middle + angle / 2)
        path = f"M{point(baseline, start)}A{baseline:.0f} {baseline:.0f} 0 0 {0 if below else 1} {point(baseline, end)}"
        kind = ' class="whole"' if name in whole else ""
        lines.append(f'  <path id="{name}" fill="none" d="{path}"/>')
        lines.append(f'  <text{kind}><textPath href="#{name}" startOffset="50%">{escape(name)}</textPath></text>')
    return lines


def point(radius: float, angle: float) -> str:
    """Return a point on a circle around the origin."""
    return f"{radius * math.cos(angle):.1f} {radius * math.sin(angle):.1f}"


def main(picture: Path = PICTURE) -> None:
    """Draw the picture of this checkout."""
    picture.write_text(draw(read_graph(Workspace(ROOT, load_charter()))), "utf-8")


if __name__ == "__main__":
    main()
