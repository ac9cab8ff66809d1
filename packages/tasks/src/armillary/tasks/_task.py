"""A function that is enqueued instead of called."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

import anyio

from armillary.background import TaskRetry

from ._arguments import Arguments
from ._context import origin
from ._engine import check_size, reached
from ._envelope import Envelope, turn_of
from ._errors import TaskCancelled, TaskFailed
from ._schedule import Schedule
from ._status import Status
from ._task_queue import TaskQueue

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

FIRST_POLL = 0.02
LONGEST_POLL = 0.5


class Outbox(Protocol):
    """What records a message in a transaction, such as `armillary.sqlalchemy.Outbox`."""

    def record(self, session: Any, topic: str, payload: Any, *, key: str | None = None) -> Awaitable[bool]: ...


@dataclass(frozen=True)
class EnqueueOptions:
    """How a call is enqueued.

    Attributes:
        delay: seconds until it may run.
        priority: 0 to 9; a larger one is more urgent.
        key: while a call with the same key is known, no other is enqueued.
        outbox, session: record it in this transaction.
    """

    delay: float = 0.0
    priority: int = 0
    key: str | None = None
    outbox: Outbox | None = None
    session: Any = None


class EnqueuedTask(Generic[R_co]):
    """A call that was enqueued.

    Attributes:
        id: what identifies it, also in another process: `tasks.find(id)`.
    """

    def __init__(self, tasks: TaskQueue, identity: str, decode: Callable[[bytes], Any] | None) -> None:
        self.id = identity
        self._tasks = tasks
        self._decode = decode

    def __repr__(self) -> str:
        return f"EnqueuedTask({self.id!r})"

    async def status(self) -> Status | None:
        """Return what is known about it; None if nothing is, or nothing any more.

        Raises:
            EngineUnavailable: the engine cannot be reached; becomes a 503.
        """
        data = await self._get("task")
        return None if data is None else Status.decode(data)

    async def result(self, timeout: float | None = None) -> R_co:
        """Wait for its end, and return what the function returned.

        Args:
            timeout: seconds to wait at most; None for as long as it takes.

        Raises:
            TaskFailed: it failed; `TaskCancelled` if it was cancelled.
            TimeoutError: it takes longer; the message has its status.
            LookupError: nothing is known about it, or nothing any more.
            EngineUnavailable: the engine cannot be reached.
        """
        pause = FIRST_POLL
        status: Status | None = None
        with anyio.move_on_after(timeout) as limit:
            while True:
                status = await self.status()
                if status is None:
                    raise LookupError(f"nothing is known about the task {self.id}, or nothing any more")
                if status.is_final:
                    break
                await anyio.sleep(pause)
                pause = min(pause * 1.5, LONGEST_POLL)
        if limit.cancelled_caught:
            known = "unknown" if status is None else status.status
            raise TimeoutError(f"the task {self.id} has not ended within {timeout:g} s; its status is {known}")
        assert status is not None  # the loop ends by a final one
        if status.status == "cancelled":
            raise TaskCancelled("the task was cancelled")
        if status.status == "failed":
            raise TaskFailed(status.error or "")
        data = await self._get("result")
        found: Any = status.result if data is None or self._decode is None else self._decode(data)
        return found  # type: ignore[no-any-return]

    async def cancel(self) -> None:
        """Cancel it: before it runs, or while it runs within a third of the lease. One that has ended stays so.

        One that waits for its delay or next attempt is cancelled at once.

        Raises:
            EngineUnavailable: the engine cannot be reached.
        """
        state, ttl = self._tasks.engine.state, self._tasks.result_ttl
        with reached(self._tasks.engine):
            await state.set(f"cancel:{self.id}", b"1", ttl)
            status = await self.status()
            if status is not None and status.status in ("queued", "retrying"):
                following = status.attempt + (status.status == "retrying")
                if await state.take("delayed", turn_of(self.id, following)) is not None:
                    await state.set(f"task:{self.id}", Status("cancelled", status.attempt).encode(), ttl)

    async def _get(self, what: str) -> bytes | None:
        with reached(self._tasks.engine):
            return await self._tasks.engine.state.get(f"{what}:{self.id}")


class Task(Generic[P, R]):
    """A function that is enqueued instead of called; made by `@tasks.task`.

    Called, it runs here and now, as in a test.

    Attributes:
        name: what messages call it.
        function: the function itself.
    """

    def __init__(
        self,
        tasks: TaskQueue,
        function: Callable[P, Any],
        name: str,
        *,
        retry: TaskRetry | None,
        timeout: float | None,
        schedule: Schedule | None,
        options: EnqueueOptions | None = None,
        arguments: Arguments | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name
        self.retry = retry
        self.timeout = timeout
        self.schedule = schedule
        self.arguments: Arguments = Arguments(function, name) if arguments is None else arguments
        self._tasks = tasks
        self._options = options or EnqueueOptions()

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Call the function."""
        return self.function(*args, **kwargs)

    def options(self, *, delay: float = 0.0, priority: int = 0, key: str | None = None) -> Task[P, R]:
        """Return the same task, enqueued in another way.

        Args:
            delay: seconds until it may run.
            priority: 0 to 9, a larger one is more urgent, if the engine has priorities.
            key: while a call of this task with the same key is known (until its result expires), another is not
                enqueued; `enqueue` returns the first. After an `enqueue` that raised, enqueue it with the same
                arguments: with a `delay` the last one's arguments and time count, until it runs.

        Raises:
            ValueError: a delay below 0, a priority outside of 0 to 9, or above 0 on an engine without priorities.
        """
        if not (isinstance(delay, int | float) and 0 <= delay < 10**9):
            raise ValueError(f"delay is a number of seconds, 0 or more; got {delay!r}")
        if priority not in range(10):
            raise ValueError(f"priority is a whole number from 0 to 9, got {priority!r}")
        if priority and not self._tasks.engine.has_priorities:
            raise ValueError("priority: this engine has none; memory:// and amqp:// have")
        return self._with(replace(self._options, delay=float(delay), priority=priority, key=key))

    def through(self, outbox: Outbox, session: Any) -> Task[P, R]:
        """Return the same task, enqueued if and only if a transaction commits.

        Args:
            outbox: an `armillary.sqlalchemy.Outbox`, whose relay delivers to `tasks.deliver`.
            session: the session whose transaction decides.
        """
        return self._with(replace(self._options, outbox=outbox, session=session))

    def _with(self, options: EnqueueOptions) -> Task[P, R]:
        return Task(
            self._tasks,
            self.function,
            self.name,
            retry=self.retry,
            timeout=self.timeout,
            schedule=self.schedule,
            options=options,
            arguments=self.arguments,
        )

    async def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> EnqueuedTask[R]:
        """Put a call into the queue; it runs in a worker.

        Raises:
            ArgumentError: an argument is missing, of the wrong type, or cannot be encoded; the message names it.
            MessageTooLarge: the arguments are larger than the engine takes.
            EngineUnavailable: the engine cannot be reached, or has not confirmed in time that it got the call; becomes
                a 503. With a `key` it is safe to enqueue the call again: it runs once.
            TasksError: the tasks were not started.
        """
        encoded = self.arguments.encode(args, kwargs)
        request_id, trace = origin()
        options = self._options
        envelope = Envelope(
            uuid.uuid4().hex, self.name, encoded, 1, options.priority, request_id=request_id, trace=trace
        )
        check_size(f"task {self.name}: its arguments have", envelope.encode(), self._tasks.engine)
        if options.outbox is not None:
            payload = {"message": envelope.encode().decode(), "delay": options.delay}
            key = None if options.key is None else f"{self.name}:{options.key}"
            await options.outbox.record(options.session, "armillary.tasks", payload, key=key)
            return EnqueuedTask(self._tasks, envelope.id, self.arguments.decode_result)
        identity = await self._tasks.submit(envelope, delay=options.delay, key=options.key)
        return EnqueuedTask(self._tasks, identity, self.arguments.decode_result)
