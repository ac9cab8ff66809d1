"""What a soak calls a leak, and that a short one finds those that are planted."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import pytest
from soak.load import Load, percentiles
from soak.run import GROWN, PLANTS, soak, soak_one
from soak.slope import COUNTED, Figures, growth, slope

REST = {"descriptors": 20.0, "tasks": 3.0, "in threads": 0.0, "connections": 0.0}


def rounds(count: int = 20, **change: Any) -> list[dict[str, float]]:
    """Figures that stay, except those that `change` computes from the number of the round."""
    return [
        {"connections made": number * 500.0, "blocks": 400_000.0, "resident": 90_000.0, **REST}
        | {name.replace("_", " "): float(of(number)) for name, of in change.items()}
        for number in range(count)
    ]


def test_a_slope_is_that_of_most_points_whatever_a_few_outliers_do() -> None:
    points = [(float(x), 2.0 * x + 1) for x in range(20)]
    points[3] = (3.0, 1e6)
    assert slope(points) == pytest.approx(2, rel=0.05)
    assert slope([(1.0, 5.0)]) == slope([(1.0, 5.0), (1.0, 9.0)]) == 0


def test_what_stays_or_fills_up_at_first_is_no_leak() -> None:
    assert growth(rounds()) == []
    assert growth(rounds(blocks=lambda n: 400_000 + min(n, 4) * 30_000)) == []
    assert growth(rounds(resident=lambda n: 90_000 + (n % 5) * 2_000)) == []
    assert growth(rounds(tasks=lambda n: 3 + n % 2, descriptors=lambda n: 20 + n % 3 * 6)) == []


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("blocks", lambda n: 400_000 + n * 600),
        ("resident", lambda n: 90_000 + n * 1_000),
        ("descriptors", lambda n: 20 + n * 4),
        ("tasks", lambda n: 3 + n),
        ("in_threads", lambda n: n > 9),
        ("connections", lambda n: n > 9),
    ],
)
def test_what_grows_with_the_requests_is_found(name: str, of: Any) -> None:
    [found] = growth(rounds(**{name: of}))
    assert found.startswith(name.replace("_", " "))


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles([0.001 * number for number in range(1, 101)]) == pytest.approx((50, 100))


def test_each_round_the_first_too_is_measured_when_nothing_of_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # As hypercorn, which holds what is left of a connection for seconds after its client has left.
    left = deque[int]()

    class LeavesSomething(Load):
        async def run(self, seconds: float) -> None:
            left.extend([6, 3])

    async def ask(port: int) -> Figures:
        return REST | {"tasks": 3.0 + (left.popleft() if left else 0)}

    async def no_time(seconds: float) -> None:
        return None

    monkeypatch.setattr("soak.run.ask", ask)
    monkeypatch.setattr("soak.run.asyncio.sleep", no_time)
    measured = asyncio.run(soak(LeavesSomething(0), 0.001, dict(REST)))
    assert [figures["tasks"] for figures in measured] == [3.0 + COUNTED["tasks"]] * len(measured)


@pytest.mark.nightly
@pytest.mark.parametrize("plant", ["", *PLANTS])
def test_a_short_soak_finds_the_planted_leak_and_nothing_else(plant: str) -> None:
    found = asyncio.run(soak_one("uvicorn", minutes=0.15, idle=20, plant=plant))
    assert bool(plant) == any(GROWN[plant] in line for line in found), found
    assert plant or not found
