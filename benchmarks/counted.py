"""A contest by the instructions that the processor executes, which no other program on the machine can change.

The command starts itself again under valgrind's callgrind. Counts differ a little from run to run where a framework
depends on addresses or clocks; what compiled modules do is in them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bounded, channels, verify_all
from instructions.callgrind import Callgrind, read_count

REQUESTS = 20
"""How many requests of a contestant are counted."""

WARM_UP = 60

FOLDER = "BENCHMARK_COUNTS"
"""The environment variable that names the folder to which callgrind writes."""


def start_under_callgrind(folder: str) -> None:
    """Replace this process by the same command under callgrind, unless it is that already.

    Args:
        folder: an empty folder for the counts; it is left behind.
    """
    if FOLDER in os.environ:
        return
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("--instructions needs valgrind; on Debian and Ubuntu: apt-get install valgrind")
    options = ["--tool=callgrind", "-q", "--vgdb=no", "--instr-atstart=no", f"--callgrind-out-file={folder}/count"]
    environment = {**os.environ, FOLDER: folder, "PYTHONHASHSEED": "0"}
    os.execve(valgrind, [valgrind, *options, sys.executable, *sys.argv], environment)  # noqa: S606 - this program again


def count_contest(contest: Contest) -> dict[str, float]:
    """Return the instructions of a request over the bare callable's, by contestant; under the bare one's name its own.

    Raises:
        ResponsesDiffer: the contestants do not send the same response.
    """
    with asyncio.Runner() as runner:
        runner.run(_start(contest))
        works = {name: _work(name, app, contest.request, runner) for name, app in contest.applications.items()}
        gc.collect()
        gc.disable()  # else a collection would fall to whichever contestant happens to reach the threshold
        Callgrind().count(works)
        gc.enable()
    counts: dict[str, float] = {}
    for file in Path(os.environ[FOLDER]).glob("count.*"):
        name, count = read_count(file.read_text("utf-8"))
        counts[name] = count / REQUESTS
        file.unlink()
    return {BARE: counts[BARE], **{name: count - counts[BARE] for name, count in counts.items() if name != BARE}}


async def _start(contest: Contest) -> None:
    for start in contest.start.values():
        await start()
    await verify_all(contest)


def _work(name: str, application: Application, request: BenchmarkRequest, runner: asyncio.Runner) -> Callable[[], None]:
    connected = channels(request)

    async def make(requests: list[tuple[Any, ...]]) -> None:
        async with bounded(name, request):
            for scope, receive, send in requests:
                await application(scope, receive, send)

    runner.run(make([(request.scope(), *connected()) for _ in range(WARM_UP)]))
    counted = [(request.scope(), *connected()) for _ in range(REQUESTS)]
    return lambda: runner.run(make(counted))
