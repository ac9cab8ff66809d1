"""The figures of a run as a table and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from frame import BARE
from peers import COMPILED, PEERS

Figures = Mapping[str, Mapping[str, float]]
"""What a request takes over the bare callable, by case and contestant; of the bare callable, what it takes itself."""


class Unit(NamedTuple):
    """How figures are shown: in what, what they are multiplied by, and their key in the JSON file."""

    name: str
    scale: float
    key: str


MICROSECONDS = Unit("µs", 1e6, "seconds")
INSTRUCTIONS = Unit("thousand instructions", 1e-3, "instructions")

BAR, LABEL, ROOM, WIDTH = 14, 110, 300, 560
"""Of the picture, in pixels: the height of a line, and the widths of names, of the longest bar, and of all."""

MOST = 1.2
"""The share of what Starlette takes at which a bar is cut."""


def compared(figures: Figures) -> dict[str, dict[str, float]]:
    """Return the overheads of the cases that every framework takes part in, as shares of Starlette's."""
    return {
        case: {peer: seconds[peer] / seconds["starlette"] for peer in PEERS}
        for case, seconds in figures.items()
        if set(PEERS) <= seconds.keys()
    }


def markdown(figures: Figures, made: str, unit: Unit) -> str:
    """Return a table: a row for each case, a column for each framework.

    Args:
        figures: of the run.
        made: the versions they are of.
        unit: theirs.
    """
    names = [f"{peer} *" if peer in COMPILED else peer for peer in PEERS]
    lines = [f"| {unit.name} | bare | {' | '.join(names)} |", f"|---|{'---:|' * (len(PEERS) + 1)}"]
    for case, shares in compared(figures).items():
        cells = [f"{figures[case][peer] * unit.scale:.1f} ({share:.2f})" for peer, share in shares.items()]
        lines.append(f"| {case} | {figures[case][BARE] * unit.scale:.1f} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"{made}. * has compiled modules.", ""])


def picture(figures: Figures, made: str, unit: Unit) -> str:
    """Return an SVG: for each case a bar for each framework, as long as its share of what Starlette takes."""
    lines: list[str] = []
    at = 20
    for case, shares in compared(figures).items():
        lines.append(f'<text x="0" y="{at}" class="case">{escape(case)}</text>')
        lines += _bars(shares, at + 4)
        at += BAR * len(shares) + 30
    style = (
        "text{font:11px sans-serif;fill:#444}.case{font-weight:bold}rect{fill:#9aa5b1}.armillary{fill:#1f6feb}"
        "@media(prefers-color-scheme:dark){text{fill:#ccc}}"
    )
    title = f"A request's {unit.key} over a bare callable's, as a share of Starlette's. {made}."
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at}" role="img">'
    return "\n".join([start, f"<title>{escape(title)}</title>", f"<style>{style}</style>", *lines, "</svg>", ""])


def _bars(shares: Mapping[str, float], top: int) -> Iterator[str]:
    for row, (peer, share) in enumerate(shares.items()):
        y = top + row * BAR
        width = max(1, round(min(share, MOST) / MOST * ROOM))
        yield f'<text x="0" y="{y + 11}">{escape(peer)}</text>'
        yield f'<rect x="{LABEL}" y="{y + 2}" width="{width}" height="{BAR - 4}" class="{escape(peer)}"/>'
        cut = " →" if share > MOST else ""
        yield f'<text x="{LABEL + width + 6}" y="{y + 11}">{share:.2f}{cut}</text>'
