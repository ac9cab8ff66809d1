"""The tasks of a program, and the engine that carries them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

import anyio

from armillary.background import TaskRetry

from ._dead_letter import DeadLetter
from ._engine import Engine, reached
from ._engine_url import engine_of
from ._envelope import Envelope
from ._errors import TasksError
from ._process import PROCESS
from ._protocols import Decorator, OutboxMessage
from ._runner import Runner
from ._schedule import Schedule
from ._settings import check_settings
from ._status import Status
from ._task import EnqueuedTask, Task

P = ParamSpec("P")
R = TypeVar("R")

DAY: Final = 24 * 60 * 60.0
UNSURE: Final = b"?"  # before the id of a call that was claimed, and perhaps not sent


class Tasks:
    """The tasks of a program.

    Args:
        url: where the queue is. "memory://" (default) runs tasks in this process; "redis://...", "postgresql://...",
            "amqp://..." and "nats://..." leave them to workers: `python -m armillary.tasks worker app:app`.
        state: where RabbitMQ's results, leases and dead letters are kept, which it cannot keep itself: the URL of a
            Redis, PostgreSQL or NATS.
        queue: the queue's name, "armillary" by default: programs that share an engine have one each.
        concurrency: how many tasks run at once in a process; 10 by default.
        lease: seconds after which a task whose worker died runs again; 30 by default. A running task renews it.
        max_deliveries: how often an attempt is delivered before it becomes a dead letter, since it may kill its
            workers; 5 by default.
        result_ttl: seconds that results, progress and keys are kept; a day by default.
        timeout: seconds to wait for the engine, for a connection and for each response; 5 by default. While it is
            silent, `enqueue` raises within twice this time. Once it is back, a worker runs tasks within three times.
        scope: makes an async context manager that is open around each attempt of each task, such as
            `lambda: armillary.injection.task_scope(injection)`; by default there is none.

    Raises:
        TypeError, ValueError: a wrong setting; an unknown scheme, with the list of the known ones.
        ImportError: the engine's extra is not installed.
    """

    def __init__(
        self,
        url: str = "memory://",
        *,
        state: str | None = None,
        queue: str = "armillary",
        concurrency: int = 10,
        lease: float = 30.0,
        max_deliveries: int = 5,
        result_ttl: float = DAY,
        timeout: float = 5.0,
        scope: Callable[[], AbstractAsyncContextManager[Any]] | None = None,
    ) -> None:
        check_settings(
            queue,
            scope,
            {"concurrency": concurrency, "max_deliveries": max_deliveries},
            {"lease": lease, "result_ttl": result_ttl, "timeout": timeout},
        )
        self.engine: Engine = engine_of(
            url, state, queue, lease=lease, concurrency=concurrency, result_ttl=result_ttl, timeout=float(timeout)
        )
        self.concurrency = concurrency
        self.state: Mapping[str, Any] = {}
        self.lease: float = float(lease)
        self.max_deliveries = max_deliveries
        self.result_ttl: float = float(result_ttl)
        self.registry: dict[str, Task[..., Any]] = {}
        self.scope: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext if scope is None else scope
        self._is_started = False

    # -- declaring -----------------------------------------------------------------------------

    @overload
    def task(self, function: Callable[P, Awaitable[R]], /) -> Task[P, R]: ...

    @overload
    def task(self, function: Callable[P, R], /) -> Task[P, R]: ...

    @overload
    def task(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        retry: TaskRetry | None = None,
        timeout: float | None = None,
        schedule: Schedule | None = None,
    ) -> Decorator: ...

    def task(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        retry: TaskRetry | None = None,
        timeout: float | None = None,
        schedule: Schedule | None = None,
    ) -> Any:
        """Make a task of a function. One that is not async runs in a worker thread.

        Args:
            function: the function; its annotations say how arguments are checked and encoded.
            name: what messages call it; by default its module and name.
            retry: when it is tried again after an exception, such as `TaskRetry(5, delay=1)`; by default never.
            timeout: seconds an attempt may take; by default as long as it needs. A thread cannot be interrupted,
                nor a function that never waits: its result is dropped.
            schedule: `Every(seconds)` or `Cron("*/5 * * * *")`; the function then takes no arguments that must be
                given.

        Raises:
            TypeError: a wrong setting, an annotation that cannot be encoded.
            ValueError: a name that is taken.
        """
        if retry is not None and not isinstance(retry, TaskRetry):
            raise TypeError(f"retry is a TaskRetry, such as TaskRetry(5, delay=1); got {retry!r}")
        if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
            raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
        if schedule is not None and not callable(getattr(schedule, "latest", None)):
            raise TypeError(f"schedule is Every(seconds) or Cron(expression), got {schedule!r}")

        def declare(function: Callable[..., Any]) -> Task[..., Any]:
            if not callable(function):
                raise TypeError(f"@tasks.task decorates a function, got {function!r}")
            chosen = name or f"{function.__module__}.{function.__qualname__}"
            if chosen in self.registry:
                raise ValueError(f"there is a task named {chosen!r} already; give one of them another name")
            made = Task[..., Any](self, function, chosen, retry=retry, timeout=timeout, schedule=schedule)
            if schedule is not None:
                made.arguments.encode((), {})  # a schedule passes none
            self.registry[chosen] = made
            return made

        return declare if function is None else declare(function)

    # -- running -------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, state: Mapping[str, Any] | None = None) -> AsyncGenerator[None]:
        """Connect to the engine while the block runs; in memory run the tasks too. For a lifespan or a test.

        `TasksMiddleware` does this for an application.

        Args:
            state: what `current_task().state` is.

        Raises:
            EngineUnavailable: the engine cannot be reached.
        """
        await self.engine.start()
        self._is_started = True
        self.state = {} if state is None else state
        PROCESS.started.append(self)
        try:
            if self.engine.is_durable:
                yield
            else:
                async with Runner(self).running():
                    yield
        finally:
            PROCESS.started.remove(self)
            self._is_started = False
            with anyio.CancelScope(shield=True), anyio.move_on_after(5):
                await self.engine.close()

    # -- enqueueing ----------------------------------------------------------------------------

    async def submit(
        self, envelope: Envelope, *, delay: float = 0.0, key: str | None = None, repeated: bool = False
    ) -> str:
        """Put a message into the queue; return the id of the task, or of the one that has its key.

        One that may be `repeated` leaves a status that is there, since the task may have ended.

        Raises:
            EngineUnavailable: the engine cannot be reached.
            TasksError: the tasks were not started.
        """
        if not self._is_started:
            raise TasksError(
                "the tasks were not started: wrap the application in TasksMiddleware(app, tasks), or write "
                "`async with tasks.running():` in its lifespan; in a test enter the lifespan"
            )
        state, claim = self.engine.state, f"key:{envelope.task}:{key}"
        with reached(self.engine):
            if key is not None and not await state.add(claim, UNSURE + envelope.id.encode(), self.result_ttl):
                found = await state.get(claim)
                if found is not None:
                    if not found.startswith(UNSURE):
                        return found.decode()
                    # It may have been sent or not. Sent again it runs once, as both are the same turn.
                    envelope, repeated = replace(envelope, id=found.removeprefix(UNSURE).decode()), True
            # Of calls with one key another may have been sent, and have ended, since this one claimed it.
            keep_status = state.set if key is None and not repeated else state.add
            await keep_status(f"task:{envelope.id}", Status("queued").encode(), self.result_ttl + delay)
            if delay:
                await state.put("delayed", envelope.turn, envelope.encode(), await state.time() + delay)
            else:
                await self.engine.send(envelope.id, envelope.task, envelope.encode(), envelope.priority)
            if key is not None:
                await state.set(claim, envelope.id.encode(), self.result_ttl)
        return envelope.id

    async def deliver(self, message: OutboxMessage) -> None:
        """Enqueue what was recorded in an outbox: the `deliver` of its relay.

        A message that is delivered twice runs once. Other topics are an error, so that the relay keeps them.
        """
        if message.topic != "armillary.tasks":
            raise ValueError(f"the outbox message has the topic {message.topic!r}, not one of tasks")
        envelope = Envelope.decode(message.payload["message"])
        await self.submit(envelope, delay=message.payload["delay"], repeated=True)

    def find(self, identity: str) -> EnqueuedTask[Any]:
        """Return the enqueued task with an id, to look at or to cancel."""
        return EnqueuedTask(self, identity, None)

    # -- dead letters --------------------------------------------------------------------------

    async def dead_letters(self, limit: int = 1000) -> list[DeadLetter[Any]]:
        """Return the tasks that were given up, the oldest first."""
        with reached(self.engine):
            entries = await self.engine.state.entries("dead", limit=limit)
        return [DeadLetter.decode(value) for _, value in entries]

    async def replay(self, identity: str) -> bool:
        """Enqueue a dead letter again, as a first attempt under the same id; return whether there was one."""
        state = self.engine.state
        with reached(self.engine):
            value = await state.take("dead", identity)
        if value is None:
            return False
        old = Envelope.decode(json.loads(value)["message"])
        # The attempts go on counting, so that traces of the earlier ones do not count for this one.
        try:
            await self.submit(old.again())
        except BaseException:
            with anyio.CancelScope(shield=True), anyio.move_on_after(5):
                await state.put("dead", identity, value, cast("float", json.loads(value)["at"]))
            raise
        return True
