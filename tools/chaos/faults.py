"""What happens to a server and to the network in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from testkit import Network
from testkit.services import OwnServer

Fault = Callable[[OwnServer, Network], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def stopped(server: OwnServer, network: Network) -> AsyncGenerator[None]:
    """The server crashes, and starts again at the end."""
    server.stop()
    yield
    await asyncio.to_thread(server.start)


@asynccontextmanager
async def frozen(server: OwnServer, network: Network) -> AsyncGenerator[None]:
    """No process of the server runs, while its connections stay open."""
    server.freeze()
    yield
    server.thaw()


@asynccontextmanager
async def cut(server: OwnServer, network: Network) -> AsyncGenerator[None]:
    """Every connection breaks, five times a second."""

    async def cut_again() -> None:
        while True:
            network.cut()
            await asyncio.sleep(0.2)

    task = asyncio.create_task(cut_again())
    yield
    task.cancel()


@asynccontextmanager
async def delayed(server: OwnServer, network: Network) -> AsyncGenerator[None]:
    """What is sent in either direction arrives 0.2 s later."""
    network.delay = 0.2
    yield
    network.delay = 0


@asynccontextmanager
async def swallowed(server: OwnServer, network: Network) -> AsyncGenerator[None]:
    """What is sent in either direction is lost, and no connection ends."""
    network.silent = True
    yield
    network.silent = False


FAULTS: dict[str, Fault] = {
    "stopped": stopped,
    "frozen": frozen,
    "cut": cut,
    "delayed": delayed,
    "swallowed": swallowed,
}


class Responses:
    """The responses to a load: each has a status that is defined, in bounded time.

    Args:
        longest: seconds that a response may take.
    """

    def __init__(self, longest: float) -> None:
        self.longest = longest
        self.wrong: list[str] = []
        self.begin("before")

    def begin(self, fault: str) -> None:
        """Begin to count for a fault."""
        self.fault = fault
        self.count = self.unavailable = 0
        self.slowest = 0.0

    def add(self, what: str, status: int, allowed: set[int], begun: float) -> None:
        """Add a response."""
        seconds = time.monotonic() - begun
        self.count += 1
        self.unavailable += status == 503
        self.slowest = max(self.slowest, seconds)
        if status not in allowed | {503}:
            self.add_wrong(f"{what} is a {status}")
        if seconds > self.longest:
            self.add_wrong(f"{what} took {seconds:.1f} s")

    def add_wrong(self, sentence: str) -> None:
        """Add something that must not happen, whatever the fault is."""
        self.wrong.append(f"{self.fault}: {sentence}")
