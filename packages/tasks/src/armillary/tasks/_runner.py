"""Runs tasks: from a delivery to its acknowledgement.

A message is delivered at least once, and one attempt (`turn`) is run by one worker at a time:

    delivered   another worker holds the lease of the turn: wait until it is done, or the lease ends
    claimed     this worker holds the lease and renews it; the delivery is counted
    ended       the outcome is recorded, then the turn is marked done, then the message is acknowledged

Who dies between these steps leaves a message that is delivered again. A turn that is done is only acknowledged; one
that was delivered too often becomes a dead letter.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

import anyio
from anyio.abc import TaskGroup

from armillary.concurrency.outages import reason_of

from ._call import call_task, describe, failing_alone
from ._context import CurrentTask, entered
from ._engine import Delivery, check_size
from ._envelope import Envelope
from ._keeper import Keeper
from ._process import PROCESS
from ._scheduler import Scheduler
from ._status import Status
from ._task_queue import DeclaredTask, TaskQueue

logger = logging.getLogger("armillary.tasks")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Runner:
    """Receives and runs the tasks of one process.

    Args:
        tasks: what to run.
        drain: seconds that running tasks have left when it stops; then they are cancelled and run elsewhere.

    Attributes:
        running_turns: what runs now.
        is_connected: whether the engine was reachable at the last attempt.
    """

    def __init__(self, tasks: TaskQueue, drain: float = 30.0) -> None:
        self.tasks = tasks
        self.drain: float = drain
        self.identity: bytes = secrets.token_hex(8).encode()
        self.running_turns: set[str] = set()
        self.completed: int = 0
        self.is_connected: bool = True
        self._held: dict[str, list[Callable[[], Coroutine[Any, Any, None]]]] = {}
        self._slots = anyio.Semaphore(PROCESS.concurrency or tasks.concurrency)
        self._idle: anyio.Event | None = None
        self._draining: anyio.CancelScope | None = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run tasks while the block runs; at its end those that run have `drain` seconds."""
        async with anyio.create_task_group() as work:
            async with anyio.create_task_group() as listening:
                listening.start_soon(self._listen, work)
                listening.start_soon(Scheduler(self.tasks, self.identity).run)
                try:
                    yield
                finally:
                    listening.cancel_scope.cancel()
            with anyio.move_on_after(self.drain, shield=True) as self._draining:
                while self.running_turns:
                    self._idle = anyio.Event()
                    await self._idle.wait()
            if self.running_turns:
                logger.warning("Stopped %d tasks that ran for longer than the drain", len(self.running_turns))
            work.cancel_scope.cancel()

    def hurry(self) -> None:
        """Give running tasks no more time."""
        self.drain = 0.0
        if self._draining is not None:
            self._draining.cancel()

    async def _listen(self, work: TaskGroup) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                messages = self.tasks.engine.listen()
                try:
                    await self._slots.acquire()
                    async for delivery in messages:
                        self.is_connected, pause = True, FIRST_PAUSE
                        if not self._take(delivery, work):
                            self._slots.release()
                        await self._slots.acquire()
                finally:
                    self._slots.release()
                    with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                        await messages.aclose()
            except Exception as exc:
                self.is_connected = False
                logger.warning("The task queue cannot be read, again in %g s: %s", pause, reason_of(exc))
            await anyio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _take(self, delivery: Delivery, work: TaskGroup) -> bool:
        """Begin with a delivery; False if it needs no slot."""
        try:
            envelope = Envelope.decode(delivery.data)
        except (ValueError, TypeError, KeyError):
            logger.error("A message in the task queue is not one of tasks and is dropped: %.200r", delivery.data)
            work.start_soon(delivery.acknowledge)
            return False
        if envelope.turn in self._held:  # delivered again to the same worker
            self._held[envelope.turn].append(delivery.acknowledge)
            return False
        self._held[envelope.turn] = [delivery.acknowledge]
        work.start_soon(self._hold, envelope)
        return True

    async def _hold(self, envelope: Envelope) -> None:
        """See one turn to its end; an error of the engine leaves the message to be delivered again."""
        has_slot = True
        lease = f"lease:{envelope.turn}"
        state = self.tasks.engine.state
        try:
            while not await state.add(lease, self.identity, self.tasks.lease):
                if has_slot:
                    self._slots.release()
                    has_slot = False
                await anyio.sleep(self.tasks.lease / 3)
                if await state.get(f"done:{envelope.turn}") is not None:
                    break
            if not has_slot:
                await self._slots.acquire()
                has_slot = True
            self.running_turns.add(envelope.turn)
            try:
                if await state.get(f"done:{envelope.turn}") is not None or await self._run(envelope, lease):
                    for acknowledge in self._held[envelope.turn]:
                        await acknowledge()
            finally:
                self.running_turns.discard(envelope.turn)
                self.completed += 1
                with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                    await state.remove(lease, self.identity)
        except Exception:
            logger.exception("Task %s (%s) is not acknowledged and will come again", envelope.id, envelope.task)
        finally:
            self._held.pop(envelope.turn, None)
            if has_slot:
                self._slots.release()
            if self._idle is not None and not self.running_turns:
                self._idle.set()

    async def _run(self, envelope: Envelope, lease: str) -> bool:
        """Run a turn; return whether it ended, in whatever way."""
        state, ttl = self.tasks.engine.state, self.tasks.result_ttl
        deliveries = await state.count(f"deliveries:{envelope.turn}", ttl)
        task = self.tasks.registry.get(envelope.task)
        if deliveries > self.tasks.max_deliveries:
            reason = f"delivered {deliveries - 1} times without an end; it may have killed its workers"
            await self._give_up(envelope, reason)
        elif task is None:
            await self._give_up(envelope, f"there is no task named {envelope.task!r} in this program")
        elif await state.get(f"cancel:{envelope.id}") is not None:
            await self._end(envelope, Status("cancelled", envelope.attempt))
        else:
            return await self._attempt(envelope, task, deliveries, lease)
        return True

    async def _attempt(self, envelope: Envelope, task: DeclaredTask, deliveries: int, lease: str) -> bool:
        state, ttl = self.tasks.engine.state, self.tasks.result_ttl
        current = CurrentTask(
            envelope.id, task.name, envelope.attempt, deliveries, envelope.request_id, self.tasks.state, state, ttl
        )
        await state.set(f"task:{envelope.id}", Status("running", envelope.attempt).encode(), ttl)
        outcome: Any = None
        encoded = b""
        failure: Exception | None = None
        limit: anyio.CancelScope | None = None
        keeper = Keeper(self.tasks, self.identity, envelope, lease)
        async with anyio.create_task_group() as group:
            group.start_soon(keeper.run, group.cancel_scope)
            try:
                with anyio.fail_after(task.timeout) as limit, failing_alone(), entered(current, envelope):
                    arguments = task.arguments.decode(envelope.arguments)
                    async with self.tasks.scope():
                        outcome = await call_task(task.function, arguments)
                        if anyio.current_time() >= limit.deadline:  # what does not wait cannot be interrupted
                            limit.cancel()
                            raise TimeoutError
                encoded = task.arguments.encode_result(outcome)
                check_size("what it returned has", encoded, self.tasks.engine)
            except Exception as exc:
                failure = exc
                if limit is not None and limit.cancel_called:  # not a time-out of something that the task called
                    failure = TimeoutError(f"it took longer than {task.timeout} s")
            keeper.is_over = True
            group.cancel_scope.cancel()
        if keeper.is_lost:
            logger.error("Task %s (%s) lost its lease and runs elsewhere", envelope.id, envelope.task)
            return False
        if keeper.is_cancelled:
            await self._end(envelope, Status("cancelled", envelope.attempt))
        elif failure is None:
            await state.set(f"result:{envelope.id}", encoded, ttl)
            await self._end(envelope, Status("succeeded", envelope.attempt, result=json.loads(encoded)))
        else:
            await self._fail(envelope, task, failure)
        return True

    async def _fail(self, envelope: Envelope, task: DeclaredTask, failure: Exception) -> None:
        reason = describe(failure)
        retry = task.retry
        if retry is not None and isinstance(failure, retry.on) and envelope.attempt < retry.attempts:
            delay = next(islice(retry.delays(), envelope.attempt - 1, None))
            state, following = self.tasks.engine.state, envelope.again()
            await state.put("delayed", following.turn, following.encode(), await state.time() + delay)
            logger.warning("Task %s (%s) failed, again in %.3g s: %s", envelope.id, envelope.task, delay, reason)
            await self._end(envelope, Status("retrying", envelope.attempt, error=reason))
        else:
            logger.error("Task %s (%s) failed", envelope.id, envelope.task, exc_info=failure)
            await self._give_up(envelope, reason)

    async def _give_up(self, envelope: Envelope, reason: str) -> None:
        state = self.tasks.engine.state
        now = await state.time()
        letter = {"message": envelope.encode().decode(), "reason": reason, "at": now}
        await state.put("dead", envelope.id, json.dumps(letter).encode(), now)
        await self._end(envelope, Status("failed", envelope.attempt, error=reason))

    async def _end(self, envelope: Envelope, status: Status) -> None:
        state, ttl = self.tasks.engine.state, self.tasks.result_ttl
        await state.set(f"task:{envelope.id}", status.encode(), ttl)
        await state.set(f"done:{envelope.turn}", b"1", ttl)
