"""The figures of a run as tables, and what follows from them for more machines."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import NamedTuple

from broker_cost import BrokerCost

MACHINES = (1, 2, 10, 100)
PROCESSES = 4
"""Server processes of one machine of the extrapolation, each on a core of its own."""
EACH = 2500
"""Subscribers of one server process of the extrapolation."""


class Round(NamedTuple):
    """What was measured once: seconds from publishing to each arrival, messages a second, and processor time."""

    latencies: list[float]
    rate: float
    cpu: dict[str, float]
    delivered: int


@dataclass
class Case:
    """One number of servers and subscribers, in rounds of the plain loop and of channels."""

    servers: int
    subscribers: int
    engine: str
    plain: list[Round] = field(default_factory=list[Round])
    channels: list[Round] = field(default_factory=list[Round])

    def line(self) -> str:
        """Return it as a row of a table."""
        plain, channels = summary(self.plain), summary(self.channels)
        cells = [f"{self.servers}", f"{self.subscribers:,}", f"plain {self.engine}-py", *shown(plain), ""]
        ratios = f"p99 × {channels[1] / plain[1]:.2f}, rate × {channels[2] / plain[2]:.2f}"
        ours = [f"{self.servers}", f"{self.subscribers:,}", f"channels, {self.engine}", *shown(channels), ratios]
        return "\n".join(f"| {' | '.join(row)} |" for row in (cells, ours))


def summary(rounds: list[Round]) -> tuple[float, float, float, float, float]:
    """Return p50 and p99 over all rounds, the median rate, and the median costs of servers and nginx by delivery."""
    cuts = quantiles([latency for one in rounds for latency in one.latencies], n=100)
    costs = [median(one.cpu[kind] / one.delivered for one in rounds) for kind in ("servers", "nginx")]
    return cuts[49], cuts[98], median(one.rate for one in rounds), costs[0], costs[1]


def shown(figures: tuple[float, float, float, float, float]) -> list[str]:
    """Return the cells of a summary."""
    p50, p99, rate, server, nginx = figures
    return [f"{p50 * 1e3:.1f}", f"{p99 * 1e3:.1f}", f"{rate:,.0f}", f"{server * 1e6:.1f}", f"{nginx * 1e6:.1f}"]


def report(cases: list[Case], cost: BrokerCost, load: float) -> str:
    """Return the tables as Markdown."""
    lines = [
        "| servers | subscribers | what | p50 ms | p99 ms | messages/s | server µs | nginx µs | beside plain |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *(case.line() for case in cases),
        "",
        f"{os.cpu_count()} cores for all processes; {load:.1f} processes ran or waited when it began.",
        "",
        "Redis's processor time for one broadcast of channels, by listening processes: "
        + ", ".join(f"{count}: {seconds * 1e6:.0f} µs" for count, seconds in cost.measured.items())
        + f"; the line through them is {cost.fixed * 1e6:.0f} µs + {cost.each * 1e6:.2f} µs for each.",
        "",
        *extrapolation(cases, cost),
    ]
    return "\n".join(lines) + "\n"


def extrapolation(cases: list[Case], cost: BrokerCost) -> list[str]:
    """Return broadcasts a second by machines, from the costs that were measured."""
    server = median(summary(case.channels)[3] for case in cases)
    lines = ["| machines | processes | subscribers | servers allow | Redis allows | the first to saturate |"]
    lines.append("| ---: | ---: | ---: | ---: | ---: | --- |")
    for machines in MACHINES:
        processes = machines * PROCESSES
        by_servers = 1 / (EACH * server)
        by_broker = 1 / (cost.fixed + cost.each * processes)
        first = "servers" if by_servers < by_broker else "Redis"
        cells = [f"{machines}", f"{processes}", f"{processes * EACH:,}", f"{by_servers:.1f}/s", f"{by_broker:,.0f}/s"]
        lines.append(f"| {' | '.join([*cells, first])} |")
    return lines
