"""A queue that is one of Taskiq's brokers."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import anyio
from taskiq import AckableMessage, AsyncBroker, BrokerMessage

from armillary.concurrency import require_asyncio

from ._engine import MAX_SIZE, Delivery
from ._errors import EngineUnavailable
from ._state import State

T = TypeVar("T")

CHECK_SECONDS: Final = 2.0
START_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 3.0
KICK_SECONDS: Final = 3.0
SEND_SECONDS: Final = 10.0


class BrokerEngine:
    """Carries messages by a broker of Taskiq; an `Engine`.

    Args:
        make_broker: returns a broker that was not started; called again after a failure, as brokers do not start twice.
        state: where state is kept.
        name: what errors call the engine: its kind and address, without a password.
        has_priorities: whether urgent messages overtake others.
        recover: delivers again what a dead process had received, for brokers that do not.
        max_size: bytes of the largest message or result.
        check: raises if a broker no longer receives, for brokers that do not notice it.
    """

    is_durable = True

    def __init__(
        self,
        make_broker: Callable[[], AsyncBroker],
        state: State,
        name: str,
        *,
        has_priorities: bool = False,
        recover: Callable[[State], Awaitable[None]] | None = None,
        check: Callable[[Any], Awaitable[None]] | None = None,
        max_size: int = MAX_SIZE,
    ) -> None:
        self.state = state
        self.has_priorities = has_priorities
        self._make_broker = make_broker
        self._sender: AsyncBroker | None = None
        self._connecting = anyio.Lock()
        self._receiver: AsyncBroker | None = None
        self.name = name
        self._recover = recover
        self._check = check
        self.max_size = max_size

    async def start(self) -> None:
        """Connect."""
        require_asyncio(self.name, 'under trio use Tasks("memory://"), which runs tasks in the process itself')
        try:
            await self.state.start()
            self._sender = await self._started(receives=False)
        except Exception as exc:
            await self.close()
            raise EngineUnavailable(f"{self.name} cannot be reached: {exc or type(exc).__name__}") from exc

    async def close(self) -> None:
        """Close the connections."""
        brokers = (self._sender, self._receiver)
        self._sender = self._receiver = None
        try:
            for broker in brokers:
                await shut_down(broker)
        finally:
            await self.state.close()

    async def send(self, identity: str, task: str, data: bytes, priority: int) -> None:
        """Put a message into the queue, by a new connection if the first is broken.

        Raises:
            EngineUnavailable: it was not sent within `SEND_SECONDS`.
        """
        # Labels become headers, which not every broker takes as numbers.
        labels = {"priority": priority} if self.has_priorities else {}
        message = BrokerMessage(task_id=identity, task_name=task, message=data, labels=labels)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sender = self._sender
                try:
                    if sender is None:
                        raise ConnectionError
                    async with asyncio.timeout(KICK_SECONDS):  # over a silent network it would wait for ever
                        await sender.kick(message)
                except Exception:
                    await (await self._sender_after(sender)).kick(message)
        except Exception as exc:
            raise EngineUnavailable(f"{self.name} takes no message: {exc or type(exc).__name__}") from exc

    async def _sender_after(self, broken: AsyncBroker | None) -> AsyncBroker:
        """Return a connection that is not the broken one: a single new one, however many wait for it."""
        async with self._connecting:
            if self._sender is broken:
                self._sender = None
                await shut_down(broken)
            if self._sender is None:
                self._sender = await self._started(receives=False)
            return self._sender

    async def listen(self) -> AsyncGenerator[Delivery]:
        """Yield messages. Raises when the connection is lost; call it again.

        What was received may be acknowledged after it ended, until the engine is closed.
        """
        broken, self._receiver = self._receiver, None
        await shut_down(broken)
        receiver = self._receiver = await self._started(receives=True)
        check = None if self._check is None else functools.partial(self._check, receiver)
        messages = receiver.listen()
        while True:
            message = await in_own_task(anext(messages), check)
            if isinstance(message, AckableMessage):
                yield Delivery(message.data, acknowledging(message.ack))
            else:
                yield Delivery(message, acknowledging(None))

    async def recover(self) -> None:
        """Deliver again what a dead process had received."""
        if self._recover is not None:
            await self._recover(self.state)

    async def _started(self, receives: bool) -> AsyncBroker:
        broker = self._make_broker()
        broker.is_worker_process = receives
        try:
            async with asyncio.timeout(START_SECONDS):  # some try for ever
                await broker.startup()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await shut_down(broker)
            raise
        return broker


async def in_own_task(awaitable: Awaitable[T], check: Callable[[], Awaitable[None]] | None) -> T:
    """Await in a task of asyncio: a cancel scope would interrupt the library again while it cleans up.

    While it takes long, `check` is called every few seconds, and what it raises ends the wait.
    """
    task = asyncio.ensure_future(awaitable)
    try:
        while not (await asyncio.wait([task], timeout=CHECK_SECONDS))[0]:
            if check is not None:
                await check()
        return task.result()
    except BaseException:
        if not task.done():
            task.cancel()
            with anyio.CancelScope(shield=True), anyio.move_on_after(2):
                await asyncio.wait([task])
        raise


async def shut_down(broker: AsyncBroker | None) -> None:
    if broker is not None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await broker.shutdown()
        except Exception:  # what is broken cannot be closed in order
            return


def acknowledging(ack: Callable[[], Any] | None) -> Callable[[], Coroutine[Any, Any, None]]:
    async def acknowledge() -> None:
        if ack is not None:
            result = ack()
            if inspect.isawaitable(result):
                await result

    return acknowledge
