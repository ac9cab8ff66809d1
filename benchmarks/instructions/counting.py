"""What runs under callgrind: the requests of the scenarios, each scenario in a process forked for it.

    PYTHONHASHSEED=0 valgrind --tool=callgrind --instr-atstart=no python counting.py 0 "JSON body" "query string"

The applications are called by hand. No server, iteration of an event loop, clock or garbage collection takes part, so
that the same code always takes the same number of instructions. The number is that of a layout of the memory. Without
arguments, every scenario's response is checked and nothing is counted.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from callgrind import Callgrind, step_through
from frame import BARE, Application, BenchmarkRequest, Message, receiver, verify
from scenarios import SCENARIOS

# Under callgrind everything takes fifty times as long, and what the toolkit does by the clock would be done fifty times
# as often. It is imported when its applications are made.
time.monotonic = repeat(0.0).__next__

REQUESTS = 50
"""How many requests are counted."""

WARM_UP = 100
"""How many come before, so that caches are filled and the interpreter has specialized its bytecode."""


async def send(message: Message) -> None:
    """Send nowhere, at once."""


def prepare(application: Application, request: BenchmarkRequest, times: int) -> Callable[[], None]:
    """Return a function that makes requests; what a server does before each is done here."""
    receive = receiver(request)
    prepared = [(request.scope(), receive()) for _ in range(times)]

    def work() -> None:
        while prepared:
            scope, receive = prepared.pop()
            step_through(application(scope, receive, send))

    return work


def contestants(name: str) -> tuple[BenchmarkRequest, dict[str, Application]]:
    """Return a scenario's request and its two applications, both of which send what is expected.

    Raises:
        AssertionError: one does not.
    """
    request, bare, application = SCENARIOS[name]
    applications = {BARE: bare, "armillary": application()}
    for contestant, found in applications.items():
        step_through(verify(f"{name}, {contestant}", found, request))
    return request, applications


async def count(
    callgrind: Callgrind, name: str, request: BenchmarkRequest, applications: dict[str, Application]
) -> None:
    """Count a scenario's instructions, under the name of the scenario and of the contestant.

    It is a coroutine for the sake of applications that look at the running event loop and the current task.
    """
    for application in applications.values():
        prepare(application, request, WARM_UP)()
    works = {f"{name}/{contestant}": prepare(found, request, REQUESTS) for contestant, found in applications.items()}
    gc.collect()
    gc.freeze()
    gc.disable()  # else a collection would fall to whichever contestant happens to reach the threshold
    callgrind.count(works)


def count_in_forks(names: list[str]) -> None:
    """Count each scenario in a process of its own; all begin in the same state, and modules are imported once."""
    callgrind = Callgrind()
    if not callgrind.runs():
        raise SystemExit("counting.py counts under callgrind only; run `make bench-check`")
    prepared = {name: contestants(name) for name in names}
    for name, (request, applications) in prepared.items():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                asyncio.run(count(callgrind, name, request, applications))
                status = 0
            finally:
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise SystemExit(f"{name} could not be counted")


def shift_memory(layout: int) -> list[type]:
    """Return classes that the caller keeps, so that whatever follows has other addresses and type versions.

    The interpreter's cache of attributes is a table indexed by both: by chance two hot attributes share a place and
    push each other out, which makes a request up to 2 % longer. Any change of the code moves such chances around.
    """
    padding = [type("Padding", (), {}) for _ in range(layout * 37)]
    for kept in padding:
        getattr(kept, "absent", None)  # gives the class its version
    return padding


def stop_clocks() -> None:
    """Let the clocks stand still: code looks at them, and under valgrind time passes at no certain speed."""
    clocks: Any = time
    for name in ("monotonic", "perf_counter", "time"):
        setattr(clocks, name, repeat(getattr(clocks, name)()).__next__)


def main() -> None:
    """Do what the command line says."""
    stop_clocks()
    if not sys.argv[1:]:
        for name in SCENARIOS:
            contestants(name)
        return
    layout, *names = sys.argv[1:]
    padding = shift_memory(int(layout))
    count_in_forks(names)
    del padding


if __name__ == "__main__":
    main()
