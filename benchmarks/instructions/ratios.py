"""The ratios of a run against the accepted ones: what is recorded, what has grown, and how that is reported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAY_GROW = 0.05
"""By which share a ratio may exceed the accepted one."""

MAY_GROW_ON_OTHER_BUILD = 0.15
"""Likewise, if another build of the same Python recorded it: optimizations of the compiler move a ratio by a tenth."""

RECORD = "`make bench-check ARGS=--record`"
COLUMNS = f"{'instructions of a request':26}{'bare':>10}{'armillary':>11}{'ratio':>8}{'accepted':>10}{'change':>9}"


@dataclass(frozen=True)
class Count:
    """The instructions of one request of a scenario, for the bare callable and for the toolkit."""

    bare: float
    armillary: float

    @property
    def ratio(self) -> float:
        return self.armillary / self.bare


@dataclass(frozen=True)
class Accepted:
    """What was recorded for one minor version of Python: on which build of it, and the ratio of each scenario."""

    build: str
    ratios: Mapping[str, float]

    def may_grow(self, build: str) -> float:
        """Return by which share a ratio of a build may exceed the accepted one."""
        return MAY_GROW if build == self.build else MAY_GROW_ON_OTHER_BUILD

    def change(self, name: str, count: Count) -> float | None:
        """Return by which share the ratio of a scenario exceeds the accepted one; None if none was recorded."""
        return count.ratio / self.ratios[name] - 1 if name in self.ratios else None


def read_accepted(file: Path) -> dict[str, Accepted]:
    """Return what was recorded, by minor version of Python; nothing if there is no file."""
    if not file.exists():
        return {}
    return {python: Accepted(**entry) for python, entry in json.loads(file.read_text("utf-8")).items()}


def write_accepted(file: Path, accepted: Mapping[str, Accepted]) -> None:
    """Write the file, the oldest Python first."""
    in_order = sorted(accepted.items(), key=lambda item: [int(part) for part in item[0].split(".")])
    entries = {python: {"build": entry.build, "ratios": dict(entry.ratios)} for python, entry in in_order}
    file.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")


def accept(build: str, counts: Mapping[str, Count]) -> Accepted:
    """Return what to record of a run on a build."""
    return Accepted(build, {name: round(count.ratio, 3) for name, count in counts.items()})


def grown(build: str, counts: Mapping[str, Count], accepted: Accepted) -> list[str]:
    """Return a sentence for each scenario that costs more than is accepted, or has no accepted ratio."""
    found = []
    for name, count in counts.items():
        change = accepted.change(name, count)
        if change is None:
            found.append(f"{name}: no ratio was recorded")
        elif change > accepted.may_grow(build):
            found.append(
                f"{name}: {count.ratio:.3f} times the instructions of the bare callable; "
                f"accepted are {accepted.ratios[name]:.3f} and {accepted.may_grow(build):.0%} more"
            )
    return found


def shrunk(build: str, counts: Mapping[str, Count], accepted: Accepted) -> list[str]:
    """Return the scenarios that cost so much less than is accepted that all of it could be lost unnoticed."""
    changes = {name: accepted.change(name, count) for name, count in counts.items()}
    return [name for name, change in changes.items() if change is not None and change < -accepted.may_grow(build)]


def table(counts: Mapping[str, Count], accepted: Accepted | None) -> str:
    """Return the table of a run."""
    rows = [COLUMNS]
    for name, count in counts.items():
        change = accepted.change(name, count) if accepted else None
        row = f"{name:26}{count.bare:10,.0f}{count.armillary:11,.0f}{count.ratio:8.3f}"
        rows.append(row if accepted is None or change is None else f"{row}{accepted.ratios[name]:10.3f}{change:+9.1%}")
    return "\n".join(rows)


def verdict(python: str, build: str, counts: Mapping[str, Count], accepted: Accepted | None) -> tuple[list[str], bool]:
    """Return what to say of a run, and whether it has to fail.

    Args:
        python: the minor version, as `3.11`.
        build: the build of it that ran.
        counts: what was counted, by scenario.
        accepted: what was recorded for that Python; with None, nothing is held.
    """
    if accepted is None:
        return [
            f"Nothing is recorded for Python {python}, so nothing is held. {RECORD} records the ratios above."
        ], False
    lines = []
    if build != accepted.build:
        lines.append(f"Recorded on {accepted.build}: {accepted.may_grow(build):.0%} more is accepted on another build.")
    if low := shrunk(build, counts, accepted):
        lines.append(f"Cheaper than accepted: {', '.join(low)}. {RECORD} holds what was gained.")
    high = grown(build, counts, accepted)
    if high:
        lines += [*high, f"{RECORD} accepts a deliberate change; say in its commit what it is for."]
    else:
        lines.append(f"No ratio has grown by more than {accepted.may_grow(build):.0%}.")
    return lines, bool(high)
