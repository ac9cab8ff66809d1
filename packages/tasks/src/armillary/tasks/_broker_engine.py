"""A queue that is one of Taskiq's brokers."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import anyio
from taskiq import AckableMessage, AsyncBroker, BrokerMessage

from armillary.concurrency import cancels_current_task, require_asyncio
from armillary.concurrency.outages import OutageLog, reason_of

from ._engine import MAX_SIZE, Delivery, unavailable
from ._errors import EngineUnavailable
from ._state import State

T = TypeVar("T")

logger = logging.getLogger("armillary.tasks")

CHECK_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 2.0


class BrokerEngine:
    """Carries messages by a broker of Taskiq; an `Engine`.

    Whatever waits for the broker ends within the time-out, as not every library of a broker does that: a connection
    that is silent is left, and another one made.

    Args:
        make_broker: returns a broker that was not started; called again after a failure, as brokers do not start twice.
        state: where state is kept.
        name: what errors call the engine: its kind and address, without a password.
        timeout: seconds to wait for a connection, and for each response.
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
        timeout: float,
        *,
        has_priorities: bool = False,
        recover: Callable[[State], Awaitable[None]] | None = None,
        check: Callable[[Any], Awaitable[None]] | None = None,
        max_size: int = MAX_SIZE,
    ) -> None:
        self.state = state
        self.has_priorities = has_priorities
        self._make_broker = make_broker
        self._timeout = timeout
        self._sender: AsyncBroker | None = None
        self._sender_lock = asyncio.Lock()
        self._receiver: AsyncBroker | None = None
        self._left: set[asyncio.Task[None]] = set()
        self.name = name
        self._recover = recover
        self._check = check
        self.max_size = max_size
        self.outages = OutageLog(logger)

    async def start(self) -> None:
        """Connect."""
        require_asyncio(self.name, 'under trio use Tasks("memory://"), which runs tasks in the process itself')
        self._sender_lock = asyncio.Lock()
        try:
            async with asyncio.timeout(2 * self._timeout):
                await self.state.start()
            self._sender = await self._started(receives=False)
        except Exception as exc:
            await self.close()
            raise EngineUnavailable(f"{self.name} cannot be reached: {reason_of(exc)}") from exc

    async def close(self) -> None:
        """Close the connections."""
        for broker in (self._sender, self._receiver):
            self._leave(broker)
        self._sender = self._receiver = None
        try:
            await asyncio.gather(*self._left)
        finally:
            with suppress(TimeoutError):  # of an engine that does not respond
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.state.close()

    async def send(self, identity: str, task: str, data: bytes, priority: int) -> None:
        """Put a message into the queue, by a new connection if the first is broken.

        Raises:
            EngineUnavailable: the broker did not confirm it in time; it may have got it.
        """
        # Labels become headers, which not every broker takes as numbers.
        labels = {"priority": priority} if self.has_priorities else {}
        message = BrokerMessage(task_id=identity, task_name=task, message=data, labels=labels)
        sender = self._sender
        try:
            async with asyncio.timeout(self._timeout):
                if sender is None or not await self._is_sent(sender, message):
                    sender = await self._new_sender()
                    await unless_given_up(sender.kick(message))
        except Exception as exc:
            self._drop(sender)
            raise unavailable(self, exc) from exc

    async def _is_sent(self, sender: AsyncBroker, message: BrokerMessage) -> bool:
        try:
            await unless_given_up(sender.kick(message))
        except Exception as exc:
            self._drop(sender)
            if isinstance(exc, TimeoutError):
                raise
            return False
        return True

    def _drop(self, sender: AsyncBroker | None) -> None:
        """Have the next message make another connection, unless one has been made already."""
        if sender is not None and self._sender is sender:
            self._sender = None
            self._leave(sender)

    async def _new_sender(self) -> AsyncBroker:
        async with self._sender_lock:
            if self._sender is None:
                self._sender = await self._started(receives=False)
            return self._sender

    async def listen(self) -> AsyncGenerator[Delivery]:
        """Yield messages. Raises when the connection is lost; call it again.

        What was received may be acknowledged until then.
        """
        self._leave(self._receiver)
        self._receiver = None
        receiver = self._receiver = await self._started(receives=True)
        messages = receiver.listen()
        while True:
            message = await self._next(messages, receiver)
            if isinstance(message, AckableMessage):
                yield Delivery(message.data, self._acknowledging(message.ack))
            else:
                yield Delivery(message, self._acknowledging(None))

    async def _next(self, messages: Any, receiver: AsyncBroker) -> Any:
        """Wait for a message; while it takes long, check every few seconds that the broker responds.

        It is awaited in a task of asyncio: a cancel scope would interrupt the library again while it cleans up.
        """
        task = asyncio.ensure_future(anext(messages))
        try:
            while not (await asyncio.wait([task], timeout=CHECK_SECONDS))[0]:
                if self._check is not None:
                    async with asyncio.timeout(self._timeout):
                        await unless_given_up(self._check(receiver))
            return await unless_given_up(task)
        except StopAsyncIteration:
            raise ConnectionError("the broker delivers no more") from None
        except BaseException:
            if not task.done():
                task.cancel()
                with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
                    await asyncio.wait([task])
            raise

    def _acknowledging(self, ack: Callable[[], Any] | None) -> Callable[[], Coroutine[Any, Any, None]]:
        async def acknowledge() -> None:
            if ack is not None:
                result = ack()
                if inspect.isawaitable(result):
                    async with asyncio.timeout(self._timeout):
                        await unless_given_up(result)

        return acknowledge

    async def recover(self) -> None:
        """Deliver again what a dead process had received."""
        if self._recover is not None:
            await self._recover(self.state)

    async def _started(self, receives: bool) -> AsyncBroker:
        broker = self._make_broker()
        broker.is_worker_process = receives
        try:
            async with asyncio.timeout(2 * self._timeout):  # some try for ever
                await unless_given_up(broker.startup())
        except BaseException:
            self._leave(broker)
            raise
        return broker

    def _leave(self, broker: AsyncBroker | None) -> None:
        """Close a broker beside, since one that is silent takes long."""
        if broker is not None:
            closing = asyncio.create_task(shut_down(broker))
            self._left.add(closing)
            closing.add_done_callback(self._left.discard)


async def unless_given_up(awaitable: Awaitable[T]) -> T:
    """Await what a library may cancel when its connection ends, which is an error like others and cancels nobody else.

    Raises:
        ConnectionError: the library has cancelled it.
    """
    try:
        return await awaitable
    except asyncio.CancelledError as exc:
        if cancels_current_task():
            raise
        raise ConnectionError("the connection has ended") from exc


async def shut_down(broker: AsyncBroker) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await unless_given_up(broker.shutdown())
    except Exception:  # what is broken cannot be closed in order
        return
