"""The queue of one process."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import AsyncGenerator

import anyio

from armillary.concurrency.outages import OutageLog

from ._engine import MAX_SIZE, Delivery
from ._memory_state import MemoryState

logger = logging.getLogger("armillary.tasks")


class MemoryEngine:
    """Carries messages within this process, until it ends; an `Engine`."""

    is_durable = False
    has_priorities = True
    max_size = MAX_SIZE
    name = "memory"

    def __init__(self) -> None:
        self.state = MemoryState()
        self.outages = OutageLog(logger)
        self._queue: list[tuple[int, int, bytes]] = []
        self._numbers = itertools.count()
        self._arrived: anyio.Event | None = None

    async def start(self) -> None:
        """Begin to listen in the current event loop."""
        self._arrived = anyio.Event()

    async def close(self) -> None:
        """Do nothing: what was not run is lost with the process."""
        self._arrived = None

    async def send(self, identity: str, task: str, data: bytes, priority: int) -> None:
        """Put a message into the queue."""
        heapq.heappush(self._queue, (-priority, next(self._numbers), data))
        if self._arrived is not None:
            self._arrived.set()

    async def listen(self) -> AsyncGenerator[Delivery]:
        """Yield messages, the urgent ones first."""
        while True:
            while self._queue:
                yield Delivery(heapq.heappop(self._queue)[2], acknowledged)
            self._arrived = anyio.Event()
            await self._arrived.wait()

    async def recover(self) -> None:
        """Do nothing: nothing outlives the process."""


async def acknowledged() -> None:
    """Do nothing: what was taken out of the queue is not delivered again."""
