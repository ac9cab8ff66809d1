"""Keeps a running task alive: while its worker lives, no other one gets it."""

from __future__ import annotations

import logging

import anyio

from armillary.concurrency.outages import reason_of

from ._envelope import Envelope
from ._task_queue import TaskQueue

logger = logging.getLogger("armillary.tasks")


class Keeper:
    """Renews the lease of one turn, and ends its scope if the lease is lost or a cancellation was requested.

    Args:
        tasks: whose engine keeps the lease.
        identity: of the worker.
        envelope: the message that runs.
        lease: the key of its lease.
    """

    def __init__(self, tasks: TaskQueue, identity: bytes, envelope: Envelope, lease: str) -> None:
        self.is_cancelled = self.is_lost = self.is_over = False
        self._tasks = tasks
        self._identity = identity
        self._envelope = envelope
        self._lease = lease

    async def run(self, scope: anyio.CancelScope) -> None:
        state, lease = self._tasks.engine.state, self._tasks.lease
        renewed = anyio.current_time()
        while True:
            await anyio.sleep(lease / 3 if lease < 3 else 1.0)
            try:
                if not await state.renew(self._lease, self._identity, lease):
                    self.is_lost = True
                    break
                renewed = anyio.current_time()
                if await state.get(f"cancel:{self._envelope.id}") is not None:
                    self.is_cancelled = True
                    break
            except Exception as exc:
                if anyio.current_time() - renewed > lease:
                    self.is_lost = True
                    break
                logger.warning("The lease of task %s was not renewed: %s", self._envelope.id, reason_of(exc))
        if not self.is_over:
            scope.cancel()
