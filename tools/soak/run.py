"""Soak each server: a mixed load in rounds, figures in rest after each; what grows or goes wrong exits with 1.

usage: python tools/soak/run.py [--minutes 1] [--idle 8000] [--planted] [--bare] [server ...]

With `--bare` the application is a bare callable with the same responses, which shows what is the server's own. With
`--planted` the application leaks memory, descriptors and tasks in turn: a leak that is not found exits with 1. It
reads /proc, so it needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from soak.load import LONGEST, Load, percentiles
from soak.slope import COUNTED, WARM_UP, Figures, growth
from soak.wire import Wire

TOOLS = Path(__file__).resolve().parents[1]
APPLICATION = "soak.app:app"
SERVERS = {
    "uvicorn": ["uvicorn", "{app}", "--port={port}", "--log-level=warning", "--backlog=4096"],
    "hypercorn": ["hypercorn", "{app}", "--bind=127.0.0.1:{port}", "--workers=0", "--backlog=4096"],
    "granian": ["granian", "{app}", "--interface=asgi", "--port={port}", "--log-level=error", "--backlog=4096"],
}
PLANTS = ("memory", "descriptors", "tasks")
GROWN = {"": "grow", "memory": "blocks grow", "descriptors": "descriptors were", "tasks": "tasks were"}
"""What a soak says of a leak."""

IDLE = 8000
SPARE_DESCRIPTORS = 1000
REST = 30.0
"""Seconds within which everything of a round has to end in the server.

Hypercorn keeps what is left of an idle connection for the 5 s of its keep-alive, also when the client has left.
"""


class Finding(Exception):
    """Something that a soak must not show."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(command: list[str], plant: str = "", pipe: int | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(TOOLS), "SOAK_PLANT": plant}
    return subprocess.Popen([sys.executable, "-m", *command], env=environment, text=True, stdin=pipe, stdout=pipe)


async def ask(port: int) -> Figures:
    async with asyncio.timeout(LONGEST), Wire(port) as wire:
        _, _, content = await wire.ask("GET", "/figures")
        figures: Figures = json.loads(content)
        return figures


async def wait_until_ready(port: int, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            await ask(port)
            return
        except (OSError, EOFError, ValueError):
            await asyncio.sleep(0.1)
    raise Finding("the server did not start")


async def in_rest(port: int, before: Figures) -> Figures:
    """Return the figures once no more is there than before the load, or the last ones.

    Each look collects garbage, in which the server does nothing else; it is then left alone for as long.
    """
    deadline = time.monotonic() + REST
    while True:
        begun = time.monotonic()
        figures = await ask(port)
        now = time.monotonic()
        if now > deadline or all(figures[name] <= before[name] + more for name, more in COUNTED.items()):
            return figures
        await asyncio.sleep(max(now - begun, 0.2))


async def soak(load: Load, minutes: float, before: Figures) -> list[Figures]:
    """Run the rounds; return the figures in rest after each.

    Args:
        load: what the clients do.
        minutes: for how long.
        before: the figures before the first round.
    """
    rounds: list[Figures] = []
    seconds = min(max(minutes * 60 / 20, 0.5), 15)
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end or len(rounds) < 8:
        await load.run(seconds)
        figures = await in_rest(load.port, before)
        figures["connections made"] = load.done.total()
        rounds.append(figures)
    return rounds


def print_figures(name: str, load: Load, rounds: list[Figures], idle: int) -> None:
    first, last = rounds[int(len(rounds) * WARM_UP)], rounds[-1]
    beside = f"{idle:,} idle WebSockets beside them, {load.busy} times 503"
    print(f"{name}: {load.done.total():,} connections in {len(rounds)} rounds, {beside}")
    for path, seconds in sorted(load.seconds.items()):
        middle, late = percentiles(seconds)
        print(f"  {path:18}{len(seconds):8,} whole  p50 {middle:7.1f} ms  p99 {late:7.1f} ms")
    for what in ("resident", "blocks", "descriptors", "tasks"):
        print(f"  {what:18}{first[what]:8,.0f} to {last[what]:,.0f}{' KiB' if what == 'resident' else ''}")


async def soak_one(name: str, minutes: float, idle: int, plant: str, app: str = APPLICATION) -> list[str]:
    """Soak one server; return what was found."""
    port = free_port()
    with ExitStack() as stack:
        command = [part.format(app=app, port=port) for part in SERVERS[name]]
        server = stack.enter_context(start(command, plant))
        stack.callback(server.terminate)
        await wait_until_ready(port, server)
        holder = start(["soak.idle", str(port), str(idle)], pipe=subprocess.PIPE)
        stack.enter_context(holder)
        stack.callback(holder.kill)
        assert holder.stdin is not None
        assert holder.stdout is not None
        if (await asyncio.to_thread(holder.stdout.readline)).strip() != "open":
            return [f"{idle} idle WebSockets could not be opened"]
        load = Load(port)
        rounds = await soak(load, minutes, await ask(port))
        if server.poll() is not None:
            return [f"the server ended with {server.returncode}"]
        holder.stdin.close()
        held = int(await asyncio.to_thread(holder.stdout.read))
        found = [f"{count} times {what}" for what, count in sorted(load.wrong.items())] + growth(rounds)
        if held != idle:
            found.append(f"{idle - held} of {idle} idle WebSockets were closed")
        if not plant:
            print_figures(name, load, rounds, idle)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="*", metavar="server", help=f"all by default: {', '.join(SERVERS)}")
    parser.add_argument("--minutes", type=float, default=1.0, help="of load for each server (1)")
    parser.add_argument("--idle", type=int, help=f"idle WebSockets ({IDLE}, fewer if too few descriptors are allowed)")
    parser.add_argument("--planted", action="store_true", help="look for the planted leaks")
    parser.add_argument("--bare", action="store_true", help="serve a bare callable instead of the application")
    options = parser.parse_args()
    unknown = sorted(set(options.servers) - set(SERVERS))
    if unknown or not options.minutes > 0:
        parser.error(f"there is no server {unknown[0]!r}" if unknown else "--minutes must be above 0")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the server inherits it
    idle = options.idle if options.idle is not None else min(IDLE, hard - SPARE_DESCRIPTORS)
    app = "soak.bare:app" if options.bare else APPLICATION
    failed = False
    for name in options.servers or SERVERS:
        for plant in PLANTS if options.planted else ("",):
            found = asyncio.run(soak_one(name, options.minutes, idle, plant, app))
            is_wrong = not any(GROWN[plant] in line for line in found) if plant else bool(found)
            failed |= is_wrong
            title = f"{name}{', a bare callable' if options.bare else ''}{f', leaking {plant}' if plant else ''}"
            print(f"{title}: {'FAILED' if is_wrong else 'found' if plant else 'nothing grows'}", flush=True)
            print("".join(f"  {line}\n" for line in found), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
