"""Stop, freeze, cut, delay and silence each database and broker while an example is used; exits with 1 if it suffers.

usage: PYTHONPATH=tools python -m chaos.run [--seconds 6] [--fault swallowed ...] [engine ...]

Every response meanwhile has a status of its own or is a 503, within 20 s; a change succeeds within 10 s of the end of
the fault; afterwards all totals add up. The servers are the run's own, on other ports, behind a proxy that is its
network; only the state of RabbitMQ's tasks is in the Redis of the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from testkit import (
    MariaDBServer,
    NATSServer,
    Network,
    PostgreSQLServer,
    RabbitMQServer,
    RedisServer,
    free_port,
    wait_for_port,
)
from testkit.services import OwnServer

from chaos.bank import BankStory
from chaos.board import BoardStory
from chaos.durable import DurableStory
from chaos.faults import FAULTS
from chaos.story import Story

ROOT = Path(__file__).resolve().parents[2]
RECOVERY = 10.0
ENGINES: dict[str, tuple[Callable[[Path], OwnServer], type[Story]]] = {
    "postgresql": (PostgreSQLServer, BankStory),
    "mariadb": (MariaDBServer, BankStory),
    "redis": (lambda folder: RedisServer(folder, "--appendonly", "yes", "--appendfsync", "always"), BoardStory),
    "nats": (NATSServer, BoardStory),
    "rabbitmq": (RabbitMQServer, DurableStory),
}


@contextmanager
def own_server(make: Callable[[Path], OwnServer]) -> Generator[OwnServer]:
    """Start a server in a folder that the users of databases may enter, too."""
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        kept = Path(folder, "kept")
        if make is not PostgreSQLServer:  # which makes it itself
            kept.mkdir()
        with make(kept) as server:
            yield server


@contextmanager
def served(story: Story) -> Generator[str]:
    """Serve a program, with its worker; yield its address."""
    port, health = free_port(), free_port()
    commands = {port: ["uvicorn", story.application, "--port", str(port), "--log-level", "error"]}
    if story.has_worker:  # it listens once it is connected; one that finds no engine when it starts ends
        commands[health] = ["armillary.tasks", "worker", story.application, "--health-port", str(health)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tools'}", **story.environment()}
    with ExitStack() as stack, open(Path(story.folder, "log"), "w") as log:
        for listens, command in commands.items():
            process = subprocess.Popen([sys.executable, "-m", *command], env=environment, stdout=log, stderr=log)
            stack.enter_context(process)
            stack.callback(process.terminate)
            wait_for_port(listens, process)
        yield f"http://127.0.0.1:{port}"


async def disturb(story: Story, server: OwnServer, network: Network, base: str, name: str, seconds: float) -> None:
    """Have one fault happen, and print what it did."""
    responses = story.responses
    responses.begin(name)
    async with httpx.AsyncClient(base_url=base, timeout=40) as client:
        async with FAULTS[name](server, network):
            await asyncio.sleep(seconds)
        recovery = await story.recovery(client)
    await asyncio.sleep(1)
    counted = f"{responses.count:6,} responses, {responses.unavailable:5,} of them 503"
    slowest = f"slowest {responses.slowest:5.1f} s"
    print(f"  {name:10}{counted}, {slowest}, a change succeeds {recovery:4.1f} s after", flush=True)
    if recovery > RECOVERY:
        responses.add_wrong(f"no change succeeds within {RECOVERY:g} s")


async def suffer(engine: str, faults: list[str], seconds: float) -> list[str]:
    """Serve one example on one engine, and have each fault happen; return what was wrong."""
    make, kind = ENGINES[engine]
    with own_server(make) as server, tempfile.TemporaryDirectory() as folder:
        async with Network(server.port) as network:
            far_url = server.url.replace(f":{server.port}", f":{network.port}")
            story = kind(server.url, far_url, folder)
            with ExitStack() as stack:
                # In a thread, since the program starts through the network, which this event loop is.
                base = await asyncio.to_thread(stack.enter_context, served(story))
                print(f"{engine}: {story.application}", flush=True)
                load = asyncio.create_task(story.load(base))
                await asyncio.sleep(2)
                for name in faults:
                    await disturb(story, server, network, base, name, seconds)
                story.ended = True
                await load
                wrong = [*story.responses.wrong, *await story.wrong_totals()]
                if wrong:
                    story.print_log()
                await asyncio.to_thread(stack.close)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", metavar="engine", help=f"all by default: {', '.join(ENGINES)}")
    parser.add_argument("--seconds", type=float, default=6, help="that each fault lasts (6)")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="all by default")
    options = parser.parse_args()
    unknown = sorted(set(options.engines) - set(ENGINES))
    if unknown or not options.seconds > 0:
        parser.error(f"there is no engine {unknown[0]!r}" if unknown else "--seconds must be above 0")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that its servers are stopped
    failed = False
    for engine in options.engines or ENGINES:
        wrong = asyncio.run(suffer(engine, options.fault or list(FAULTS), options.seconds))
        failed |= bool(wrong)
        print(f"  {'FAILED' if wrong else 'all totals add up'}", flush=True)
        print("".join(f"    {line}\n" for line in wrong[:20]), end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
