"""Enqueues what is due: schedules, retries and delayed tasks. Of all workers one does it, by a lease.

Each slot of a schedule is enqueued under a key of its own, by the engine's clock. So two workers that both believe to
hold the lease, or clocks that disagree or jump back, still enqueue it once.
"""

from __future__ import annotations

import logging
import uuid
from typing import Final

import anyio

from armillary.concurrency.outages import reason_of

from ._envelope import Envelope
from ._state import uninterrupted
from ._task_queue import TaskQueue

logger = logging.getLogger("armillary.tasks")

LEASE: Final = 10.0
TICK: Final = 0.2
RECOVERY_INTERVAL: Final = 2.0
LONGEST_GAP: Final = 3600.0
"""Seconds of downtime after which a missed run is not made up for."""


class Scheduler:
    """Enqueues what is due.

    Args:
        tasks: the tasks, some of which may have schedules.
        identity: of this process.
    """

    def __init__(self, tasks: TaskQueue, identity: bytes) -> None:
        self._tasks = tasks
        self._identity = identity
        self._holds_lease = False
        self._recovered = float("-inf")

    async def run(self) -> None:
        """Enqueue what is due until cancelled."""
        state = self._tasks.engine.state
        try:
            while True:
                try:
                    await self._tick()
                except Exception as exc:
                    self._holds_lease = False
                    logger.warning("Schedules and retries cannot be read: %s", reason_of(exc))
                    await anyio.sleep(1)
                await anyio.sleep(TICK if self._holds_lease else 1.0)
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                try:
                    await state.remove("scheduler", self._identity)
                except Exception as exc:
                    logger.warning("The lease of the schedules stays until it ends: %s", reason_of(exc))

    async def _tick(self) -> None:
        state = self._tasks.engine.state
        if not (
            await state.renew("scheduler", self._identity, LEASE) or await state.add("scheduler", self._identity, LEASE)
        ):
            self._holds_lease = False
            return
        self._holds_lease = True
        now = await state.time()
        await self.enqueue_scheduled(now)
        for turn, data in await state.entries("delayed", until=now, limit=100):
            envelope = Envelope.decode(data)
            # Sent first: if this process dies in between, the message comes twice, and its turn runs once.
            await self._tasks.engine.send(envelope.id, envelope.task, data, envelope.priority)
            await state.take("delayed", turn)
        if anyio.current_time() - self._recovered >= RECOVERY_INTERVAL:
            self._recovered = anyio.current_time()
            await uninterrupted(self._tasks.engine.recover())

    async def enqueue_scheduled(self, now: float) -> None:
        """Enqueue the schedules that have become due since the last time; a missed run is made up for once."""
        scheduled = [task for task in self._tasks.registry.values() if task.schedule is not None]
        if not scheduled:
            return
        state = self._tasks.engine.state
        data = await state.get("scheduled-until")
        if data is None:
            await state.set("scheduled-until", repr(now).encode(), LONGEST_GAP)
            return
        after = max(float(data), now - LONGEST_GAP)
        for task in scheduled:
            slot = None if task.schedule is None else task.schedule.latest(after, now)
            if slot is not None:
                envelope = Envelope(uuid.uuid4().hex, task.name, task.arguments.encode((), {}))
                await self._tasks.submit(envelope, key=f"slot:{slot:.0f}")
        if now > float(data):
            await state.set("scheduled-until", repr(now).encode(), LONGEST_GAP)
