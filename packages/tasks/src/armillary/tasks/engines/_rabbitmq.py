"""RabbitMQ, by taskiq-aio-pika; what it cannot keep is in another engine's state."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

try:
    from aio_pika import RobustConnection
    from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
except ImportError as exc:
    raise ImportError("tasks in RabbitMQ need taskiq-aio-pika: pip install 'armillary-tasks[rabbitmq]'") from exc

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._state import State

HEARTBEAT_SECONDS: Final = 5  # RabbitMQ ends a connection that is silent for two of them, and delivers again
CLOSE_SECONDS: Final = 1.0


class ClosingBroker(AioPikaBroker):
    """A broker that closes every connection it began; without that each tries to connect again for ever."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, connection_class=self._new_connection, **options)
        self._connections: list[RobustConnection] = []

    def _new_connection(self, *args: Any, **kwargs: Any) -> RobustConnection:
        connection = RobustConnection(*args, **kwargs)
        self._connections.append(connection)
        return connection

    async def shutdown(self) -> None:
        """Close all connections: those that are broken and those that were never made, too."""
        connections, self._connections = self._connections, []
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await super().shutdown()
        finally:
            await asyncio.gather(*(close(connection) for connection in connections), return_exceptions=True)


async def close(connection: RobustConnection) -> None:
    async with asyncio.timeout(CLOSE_SECONDS):
        await connection.close()


def rabbitmq_engine(url: str, state: State, queue: str, concurrency: int, max_size: int) -> BrokerEngine:
    """Return an engine on a durable queue with priorities; `max_size` is what the state takes."""

    def make_broker() -> ClosingBroker:
        return ClosingBroker(
            with_heartbeat(url),
            qos=concurrency,
            exchange=Exchange(name=queue),
            # A quorum queue has two priorities, a classic one as many as it is declared with.
            task_queues=[Queue(name=queue, type=QueueType.CLASSIC, max_priority=9, routing_key=queue)],
            dead_letter_queue=Queue(name=f"{queue}.rejected", type=QueueType.CLASSIC),
            delay_queue=Queue(name=f"{queue}.delay", type=QueueType.CLASSIC),
        )

    return BrokerEngine(make_broker, state, f"RabbitMQ at {address_of(url)}", has_priorities=True, max_size=max_size)


def with_heartbeat(url: str) -> str:
    """Return the URL with a heartbeat, unless it has one: the library's own of 60 s notices silence after 3 minutes."""
    parts = urlsplit(url)
    query = {"heartbeat": str(HEARTBEAT_SECONDS), **dict(parse_qsl(parts.query))}
    return parts._replace(query=urlencode(query)).geturl()
