"""Measure programs for Starlette and FastAPI under uvicorn, on the real Starlette and on the drop-in, by wrk.

Both servers of a program run beside each other, each one process with httptools and uvloop, and are loaded in turns by
one thread of wrk with 64 connections, so that what else the machine does weighs on both alike. The figure of each side
is the median of its rounds. On Linux the servers have one processor to themselves and wrk has another, and what is
compared are requests per second of processor time of the server, which other work on the machine changes little.

usage: python benchmarks/served.py [--rounds 5] [--seconds 4] [--wrk PATH] [PROGRAM ...]

exit status: 0 if every program reaches its target.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
TARGETS = {"starlette_json": 1.4, "fastapi_dict": 1.5, "fastapi_model": 1.6}
"""Programs to how many times the requests per second the drop-in shall serve of them."""
SIDES: dict[str, tuple[str, ...]] = {"real": (), "drop-in": ("-m", "armillary.starlette", "-q")}
SERVER = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
CONNECTIONS = 64
START_SECONDS = 60.0


def pinned(command: Sequence[str], processor: int) -> list[str]:
    """Return a command that runs on one processor, if there are two and Linux's taskset."""
    is_possible = sys.platform == "linux" and (os.cpu_count() or 1) > 1
    return ["taskset", "-c", str(processor), *command] if is_possible else [*command]


@contextmanager
def serving(command: Sequence[str], name: str) -> Iterator[tuple[int, int]]:
    """Run a server, whose command has {port} for its port, and give the port and the process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    arguments = [sys.executable, *(part.format(port=port) for part in command)]
    process = subprocess.Popen(pinned(arguments, 0), cwd=HERE)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{name} was not served") from None
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def served(program: str, side: str) -> AbstractContextManager[tuple[int, int]]:
    """Serve a program and give the port and the server's process."""
    module = ["-m", "uvicorn", f"served_programs:{program}", "--port", "{port}", *SERVER]
    return serving([*SIDES[side], *module], f"{program} on the {side} Starlette")


def processor_seconds(process: int) -> float:
    """Return what a process and its children have used of processors; on other systems than Linux the time of day."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return time.monotonic()
    used = stat.read_text().rpartition(")")[2].split()[11:13]
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK") + sum(processor_seconds(int(child)) for child in children)


def requests_per_second(wrk: str, port: int, process: int, seconds: float, path: str = "/") -> float:
    """Load a server and return how many requests it answered; a response that is no 2xx stops everything."""
    began = processor_seconds(process)
    load = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", f"http://127.0.0.1:{port}{path}"]
    text = subprocess.run(pinned(load, 1), capture_output=True, text=True, check=True).stdout
    took = processor_seconds(process) - began
    found = re.search(r"(\d+) requests in", text)
    if found is None or "Non-2xx" in text:
        raise SystemExit(text)
    return int(found[1]) / took


def measure(program: str, wrk: str, rounds: int, seconds: float) -> dict[str, float]:
    """Return the median of each side."""
    with ExitStack() as stack:
        servers = {side: stack.enter_context(served(program, side)) for side in SIDES}
        for server in servers.values():
            requests_per_second(wrk, *server, 1)
        found: dict[str, list[float]] = {side: [] for side in servers}
        for _ in range(rounds):
            for side, server in servers.items():
                found[side].append(requests_per_second(wrk, *server, seconds))
    return {side: median(figures) for side, figures in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each side")
    parser.add_argument("--seconds", type=float, default=4, help="of each round")
    parser.add_argument("--wrk", default="wrk", help="the load generator")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(TARGETS)}; all by default")
    arguments = parser.parse_args()

    missed = 0
    print("| program | real Starlette | drop-in | times | target |\n|" + " --- |" * 5)
    for program in arguments.programs or TARGETS:
        figures = measure(program, arguments.wrk, arguments.rounds, arguments.seconds)
        times = figures["drop-in"] / figures["real"]
        missed += times < TARGETS[program]
        cells = " | ".join(f"{figures[side]:,.0f}/s" for side in SIDES)
        print(f"| {program} | {cells} | {times:.2f} | {TARGETS[program]} |", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
