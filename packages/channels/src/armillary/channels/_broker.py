"""What the engines of brokers share: starting, connecting again, and repeating what failed."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from armillary.concurrency import require_asyncio
from armillary.concurrency.outages import OutageLog

from ._asyncio import BackOff, end_task, first_attempts, repeat
from ._engine import Deliveries, Engine, Settings
from ._engines import without_password
from ._errors import EngineUnavailable

T = TypeVar("T")

logger = logging.getLogger("armillary.channels")

Failures = tuple[type[BaseException], ...]


class BrokerEngine(Engine):
    """An engine over a broker, whose library needs asyncio.

    A task receives as long as the engine is started. Whenever the connection ends, it connects again, with back-off,
    and then lets all subscribers read on from the history.

    Attributes:
        title: what errors call the broker.
        failures: what a call raises if the broker is away, so that it is tried again.
        no_connection: what an attempt to connect raises.
    """

    title: ClassVar[str]
    failures: ClassVar[Failures]
    no_connection: ClassVar[Failures]

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(settings)
        self._url = url
        self._address = without_password(url)
        self._outages = OutageLog(logger)
        self._task: asyncio.Task[None] | None = None
        self._deliveries: Deliveries | None = None

    # What each engine does

    async def _prepare(self) -> None:
        """Connect for the first time."""
        await self._connect()

    @abstractmethod
    async def _connect(self) -> None:
        """Open the connection for live messages, listening to all names."""

    @abstractmethod
    async def _disconnect(self) -> None:
        """Close that connection."""

    @abstractmethod
    async def _receive(self) -> None:
        """Deliver live messages until the connection ends."""

    @abstractmethod
    async def _close(self) -> None:
        """Close everything, after the last message was received."""

    # What they share

    async def start(self, deliveries: Deliveries) -> None:
        """Connect, and begin to receive."""
        require_asyncio(f"the engine {self.name}", "under trio only memory:// works")
        self._deliveries = deliveries
        try:
            await first_attempts(self._prepare, self.settings.start_timeout, self.no_connection)
        except self.no_connection as exc:
            raise self._unavailable(exc) from exc
        self.available = True
        self._task = asyncio.create_task(self._stay_connected())

    async def close(self) -> None:
        """End the connections."""
        task, self._task = self._task, None
        await end_task(task)
        await self._close()

    async def _stay_connected(self) -> None:
        back_off = BackOff()
        ends: Failures = (*self.no_connection, EngineUnavailable)
        while True:
            try:
                await self._receive()
            except ends:
                pass  # the connection has ended, one way or another
            self.available = False
            await self._disconnect()
            while not self.available:
                await back_off.pause()
                try:
                    await self._connect()
                except self.no_connection:
                    continue
                back_off.reset()
                self.available = True
            if self._deliveries is not None:
                self._deliveries.restore()

    def _soon(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something beside, if the engine is started."""
        if self._task is not None:
            self._task.get_loop().create_task(_finish(work))

    async def _repeated(self, attempt: Callable[[bool], Awaitable[T]]) -> T:
        """Call until it succeeds, at most for the time-out; the argument is whether it is another attempt."""
        try:
            return await repeat(attempt, self.settings.timeout, self.failures)
        except self.failures as exc:
            raise self._unavailable(exc) from exc

    async def _once(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except self.failures as exc:
            raise self._unavailable(exc) from exc

    def _unavailable(self, exc: BaseException) -> EngineUnavailable:
        return self._outages.unavailable(EngineUnavailable, f"{self.title} at {self._address} cannot be used", exc)


async def _finish(work: Callable[[], Awaitable[None]]) -> None:
    await work()
