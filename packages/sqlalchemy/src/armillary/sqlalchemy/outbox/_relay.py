"""Delivers the messages of an outbox, in the program's own process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from armillary.asgi_types import HTTPException, is_async_callable
from armillary.concurrency import cancels_current_task

from .._event_loop import require_asyncio
from ._outbox import Outbox, OutboxMessage

logger = logging.getLogger("armillary.sqlalchemy")


class Delivery(Protocol):
    """What delivers a message: an HTTP call, a mail, or a durable queue.

    It returns when the message is delivered, and raises when it is not. It may be called
    again with the same message, whose `key` stays the same.
    """

    async def __call__(self, message: OutboxMessage) -> None: ...


class Relay:
    """Delivers what an outbox holds, at least once, across restarts.

    Any number of processes may run one over the same outbox. A message that a process had claimed
    when it died is due again when its lease expires.

    Args:
        outbox: where the messages are.
        deliver: an async function of an `OutboxMessage`.
        poll: seconds after which to look for messages of other processes; those of this process
            are delivered when their transaction commits.
        lease: seconds a delivery may take before it is cancelled.
        batch: messages claimed at once.
        first_delay, longest_delay: seconds to wait after a failed delivery, doubling from one to
            the other.

    Raises:
        TypeError: `deliver` is not async.
        ValueError: a setting is not above 0.
    """

    def __init__(
        self,
        outbox: Outbox,
        deliver: Delivery,
        *,
        poll: float = 5.0,
        lease: float = 60.0,
        batch: int = 20,
        first_delay: float = 1.0,
        longest_delay: float = 300.0,
    ) -> None:
        if not is_async_callable(deliver):
            raise TypeError(f"deliver must be an async function of a message, got {deliver!r}")
        settings = {"poll": poll, "lease": lease, "first_delay": first_delay, "longest_delay": longest_delay}
        for name, value in settings.items():
            if not (isinstance(value, int | float) and value > 0):
                raise ValueError(f"{name} must be above 0, got {value!r}")
        if not isinstance(batch, int) or batch < 1:
            raise ValueError(f"batch must be a whole number above 0, got {batch!r}")
        self.outbox = outbox
        self.deliver = deliver
        self.poll = poll
        self.lease = lease
        self.batch = batch
        self.first_delay = first_delay
        self.longest_delay = longest_delay

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Deliver while the block runs. At its end the current delivery is completed."""
        require_asyncio("Relay")
        woken, stopping = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        wakes = self.outbox._wakes  # pyright: ignore[reportPrivateUsage]
        wakes.append(wake)
        task = loop.create_task(self._run(woken, stopping))
        try:
            yield
        finally:
            wakes.remove(wake)
            stopping.set()
            woken.set()
            await task

    async def _run(self, woken: asyncio.Event, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            woken.clear()
            wait = self.poll
            try:
                if await self._deliver_batch(stopping):
                    continue
                due = await self.outbox.next_due()
                wait = self.poll if due is None else min(self.poll, due)
            except HTTPException as exc:  # the database is unavailable; the next poll tries again
                logger.warning("The outbox cannot be read: %a", exc.detail)
            except Exception:
                logger.exception("The outbox cannot be read")
            try:
                await asyncio.wait_for(woken.wait(), wait)
            except TimeoutError:
                pass

    async def run_once(self) -> int:
        """Deliver what is due now; return how many messages were delivered. For tests and scheduled jobs."""
        return await self._deliver_batch(asyncio.Event())

    async def _deliver_batch(self, stopping: asyncio.Event) -> int:
        # One lease covers one delivery, so messages are claimed one at a time.
        delivered = 0
        for _ in range(self.batch):
            taken = [] if stopping.is_set() else await self.outbox.claim(1, self.lease)
            if not taken:
                break
            delivered += await self._deliver(taken[0])
        return delivered

    async def _deliver(self, message: OutboxMessage) -> bool:
        try:
            async with asyncio.timeout(self.lease * 0.9):
                await self.deliver(message)
        except (Exception, asyncio.CancelledError) as exc:
            if isinstance(exc, asyncio.CancelledError) and cancels_current_task():
                raise
            delay = min(self.longest_delay, self.first_delay * 2 ** min(message.attempts, 30))
            logger.warning(
                "Message %a (%a) was not delivered, again in %g s: %a", message.key, message.topic, delay, exc
            )
            await self.outbox.postpone(message, delay, repr(exc))
            return False
        await self.outbox.acknowledge(message)
        return True
