"""What runs under callgrind: the requests of one scenario.

    PYTHONHASHSEED=0 valgrind --tool=callgrind --instr-atstart=no python counting.py "JSON body"

The applications are called by hand. No server, iteration of an event loop, clock or garbage collection takes part, so
that the same code always takes the same number of instructions. Without a name, every scenario's response is checked
and nothing is counted.
"""

from __future__ import annotations

import asyncio
import gc
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


async def count(name: str) -> None:
    """Count a scenario's instructions.

    It is a coroutine for the sake of applications that look at the running event loop and the current task.
    """
    callgrind = Callgrind()
    if not callgrind.runs():
        raise SystemExit("counting.py counts under callgrind only; run `make bench-check`")
    request, applications = contestants(name)
    for application in applications.values():
        prepare(application, request, WARM_UP)()
    works = {contestant: prepare(found, request, REQUESTS) for contestant, found in applications.items()}
    gc.collect()
    gc.freeze()
    gc.disable()  # else a collection would fall to whichever contestant happens to reach the threshold
    callgrind.count(works)


async def check_responses() -> None:
    """Send the request of each scenario once."""
    for name in SCENARIOS:
        contestants(name)


def stop_clocks() -> None:
    """Let the clocks stand still: code looks at them, and under valgrind time passes at no certain speed."""
    clocks: Any = time
    for name in ("monotonic", "perf_counter", "time"):
        setattr(clocks, name, repeat(getattr(clocks, name)()).__next__)


if __name__ == "__main__":
    stop_clocks()
    asyncio.run(count(sys.argv[1]) if sys.argv[1:] else check_responses())
