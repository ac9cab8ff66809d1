"""Whether what was measured grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median

Figures = dict[str, float]

WARM_UP = 0.3
"""The part of all rounds, at the beginning, in which caches and pools may fill."""

LIMITS: dict[str, tuple[float, float]] = {"blocks": (0.05, 5000), "resident": (0.05, 8 * 1024)}
"""Blocks of Python's memory, and KiB of resident memory: what each connection may leave, and what all of a run may."""

COUNTED = {"descriptors": 20, "tasks": 3, "in threads": 0, "connections": 0}
"""By how much more they may be in rest after the last rounds than after the warm-up: pools may open what they keep."""


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between any two points (Theil and Sen), which outliers do not move."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x2 != x1]
    return median(slopes) if slopes else 0.0


def growth(rounds: Sequence[Figures]) -> list[str]:
    """Return what grew, in sentences.

    Args:
        rounds: what was measured in rest after each round; "connections made" is how many there were until then.
    """
    measured = rounds[int(len(rounds) * WARM_UP) :]
    found: list[str] = []
    for name, (limit, least) in LIMITS.items():
        each = slope([(figures["connections made"], figures[name]) for figures in measured])
        total = each * (measured[-1]["connections made"] - measured[0]["connections made"])
        if each > limit and total > least:
            found.append(f"{name} grow by {each:.2f} with each connection, by {total:,.0f} in all")
    for name, more in COUNTED.items():
        first, last = measured[0][name], measured[-1][name]
        if last > first + more and min(figures[name] for figures in measured[-3:]) > first:
            found.append(f"{name} were {first:g} in rest, and are {last:g}")
    return found
