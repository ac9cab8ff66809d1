"""Time FastAPI on the real Starlette, and on the drop-in with armillary-fastapi: in-process, without a server.

Each side runs in processes of its own, in turn; a figure is the lowest of all rounds. Instructions, which other
programs on the machine cannot change, are counted under valgrind's callgrind: of requests alone, without building.

usage: python benchmarks/fastapi_programs.py [--runs N | --instructions]
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from counted import FOLDER, REQUESTS, WARM_UP
from frame import BenchmarkRequest, clock, receiver, verify
from instructions.callgrind import Callgrind, read_count

ROUTES = 1000
REAL, FASTER = "Starlette", "faster"
SIDES = {REAL: ("0", []), FASTER: ("1", ["-m", "armillary.starlette", "-q"])}
TARGETS = {
    "a dict": 0.45,
    "path, query, response model": 0.4,
    "a validated body": 0.5,
    "three nested dependencies": 0.3,
    "an async generator dependency": 0.65,
    "a plain def endpoint": 0.9,
    "100 dicts": 0.2,
    "100 models": 0.85,
    "a form of ten fields": 0.6,
    "a parameter model": 0.6,
    "building 1,000": 1.05,
    "building 1,000, included": 1.05,
}
"""What a case takes, as a share of what it takes on the real Starlette, at most."""

LAST_OF_FIRST, MISS_OF_MISS, FIRST_REQUEST = 1.15, 1.3, 20_000
"""The last of 1,000 routes against the first, a miss among 1,000 against one among one, and microseconds of the first
request of 1,000 included routes."""

Figures = dict[str, dict[str, float]]
"""Microseconds by side and case."""


async def _send(message: Any) -> None:
    return None


async def _once(app: Any, request: BenchmarkRequest) -> float:
    """Return the microseconds of a single request."""
    scope, receive = request.scope(), receiver(request)()
    start = clock()
    await app(scope, receive, _send)
    return (clock() - start) * 1e6


async def _built(build: Callable[[], Any], request: BenchmarkRequest, rounds: int = 3) -> tuple[Any, float, float]:
    """Return a program, and the microseconds of building it and of its first request: the lowest of some rounds."""
    app, building, first = None, float("inf"), float("inf")
    for _ in range(rounds):
        app = None
        gc.collect()
        start = clock()
        app = build()
        building = min(building, (clock() - start) * 1e6)
        first = min(first, await _once(app, request))
    return app, building, first


async def _lowest(app: Any, request: BenchmarkRequest, rounds: int = 40) -> float:
    """Return the microseconds of a request: the lowest of some rounds of ten."""
    await verify("FastAPI", app, request)
    fresh, base = receiver(request), request.scope()
    lowest = float("inf")
    gc.collect()
    for _ in range(rounds):
        start = clock()
        for _ in range(10):
            await app({**base}, fresh(), _send)
        lowest = min(lowest, clock() - start)
    return lowest / 10 * 1e6


async def measure() -> dict[str, float]:
    """Return microseconds by case, for the Starlette of this process."""
    from fastapi_app import CASES, MISS, detail, large, small

    found = {case: await _lowest(small, request) for case, request in CASES.items()}
    found["miss of one"] = await _lowest(large(1), MISS)
    for label, arguments in (("", {}), (", included", {"included": True}), (", nested", {"nested": True})):
        many, building, first = await _built(partial(large, ROUTES, **arguments), detail(0))
        found[f"building 1,000{label}"] = building
        found[f"first request of 1,000{label}"] = first
        found[f"first of 1,000{label}"] = await _lowest(many, detail(0))
        found[f"last of 1,000{label}"] = await _lowest(many, detail(ROUTES - 1))
        found[f"miss of 1,000{label}"] = await _lowest(many, MISS)
    return found


def compare(runs: int) -> Figures:
    """Return the lowest figures of some runs of both sides."""
    figures: Figures = {side: {} for side in SIDES}
    for _ in range(runs):
        for side, (switch, launcher) in SIDES.items():
            command = [sys.executable, "-W", "ignore", *launcher, __file__, "--measure"]
            environ = {**os.environ, "ARMILLARY_FASTAPI": switch}
            out = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
            for case, value in json.loads(out.splitlines()[-1]).items():
                figures[side][case] = min(value, figures[side].get(case, value))
    return figures


def count() -> dict[str, float]:
    """Return instructions by case, for the Starlette of this process, which runs under callgrind."""
    if os.environ["ARMILLARY_FASTAPI"] == "1":
        import armillary.starlette

        armillary.starlette.install()
    from fastapi_app import CASES, MISS, detail, large, small

    many = {label: large(ROUTES, included=bool(label)) for label in ("", ", included")}
    cases = {case: (small, request) for case, request in CASES.items()}
    cases["miss of one"] = (large(1), MISS)
    for label, app in many.items():
        cases[f"first of 1,000{label}"] = (app, detail(0))
        cases[f"last of 1,000{label}"] = (app, detail(ROUTES - 1))
        cases[f"miss of 1,000{label}"] = (app, MISS)
    with asyncio.Runner() as runner:
        works = {case: _work(app, request, runner) for case, (app, request) in cases.items()}
        gc.collect()
        gc.disable()  # else a collection would fall to whichever case happens to reach the threshold
        Callgrind().count(works)
    files = Path(os.environ[FOLDER]).glob("count.*")
    return {case: number / REQUESTS for case, number in (read_count(file.read_text("utf-8")) for file in files)}


def _work(app: Any, request: BenchmarkRequest, runner: asyncio.Runner) -> Callable[[], None]:
    """Return what sends the requests that are counted; others come before."""
    fresh = receiver(request)

    async def send(requests: list[tuple[Any, ...]]) -> None:
        for scope, receive in requests:
            await app(scope, receive, _send)

    runner.run(verify("FastAPI", app, request))
    runner.run(send([(request.scope(), fresh()) for _ in range(WARM_UP)]))
    counted = [(request.scope(), fresh()) for _ in range(REQUESTS)]
    return lambda: runner.run(send(counted))


def counted() -> Figures:
    """Return the instructions of both sides."""
    figures: Figures = {}
    for side, (switch, _) in SIDES.items():
        with TemporaryDirectory() as folder:
            options = ["--tool=callgrind", "-q", "--vgdb=no", "--instr-atstart=no"]
            options.append(f"--callgrind-out-file={folder}/count")
            command = ["valgrind", *options, sys.executable, "-W", "ignore", __file__, "--count"]
            environ = {**os.environ, "ARMILLARY_FASTAPI": switch, FOLDER: folder, "PYTHONHASHSEED": "0"}
            out = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
            figures[side] = json.loads(out.splitlines()[-1])
    return figures


def verdicts(figures: Figures) -> list[tuple[str, float, float]]:
    """Return what is compared, the ratio found and the ratio allowed."""
    real, own = figures[REAL], figures[FASTER]
    found = [(f"FastAPI: {case}", own[case] / real[case], most) for case, most in TARGETS.items() if case in own]
    for label in [label for label in ("", ", included", ", nested") if f"first of 1,000{label}" in own]:
        first, last, miss = (own[f"{which} of 1,000{label}"] for which in ("first", "last", "miss"))
        found.append((f"FastAPI: last of 1,000{label}, of the first", last / first, LAST_OF_FIRST))
        found.append((f"FastAPI: miss of 1,000{label}, of a miss of one", miss / own["miss of one"], MISS_OF_MISS))
    first_request = own.get("first request of 1,000, included")
    if first_request is not None:
        found.append(("FastAPI: first request of 1,000, included, of 20 ms", first_request / FIRST_REQUEST, 1.0))
    return found


def print_figures(figures: Figures, unit: str = "microseconds") -> None:
    print(f"{f'FastAPI, {unit}':32}{REAL:>12}{FASTER:>12}{'ratio':>8}")
    for case, real in figures[REAL].items():
        own = figures[FASTER][case]
        print(f"{case:32}{real:12.1f}{own:12.1f}{own / real:8.2f}")


def main() -> None:
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(asyncio.run(measure())))
        return
    if sys.argv[1:] == ["--count"]:
        print(json.dumps(count()))
        return
    if sys.argv[1:] == ["--instructions"]:
        figures = counted()
        print_figures(figures, "instructions")
        print_verdicts(figures)
        return
    figures = compare(int(sys.argv[2]) if sys.argv[1:2] == ["--runs"] else 3)
    print_figures(figures)
    print_verdicts(figures)


def print_verdicts(figures: Figures) -> None:
    for what, ratio, most in verdicts(figures):
        print(f"{'met   ' if ratio <= most else 'MISSED'}  {what}: {ratio:.2f}, at most {most}")


if __name__ == "__main__":
    main()
