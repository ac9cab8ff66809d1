"""RabbitMQ, by taskiq-aio-pika; what it cannot keep is in another engine's state."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

try:
    from aio_pika import Connection
    from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
except ImportError as exc:
    raise ImportError("tasks in RabbitMQ need taskiq-aio-pika: pip install 'armillary-tasks[rabbitmq]'") from exc

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._state import State

HEARTBEAT_SECONDS: Final = 5  # RabbitMQ ends a connection that is silent for two of them, and delivers again


class CheckedBroker(AioPikaBroker):
    """A broker whose connection for messages can be checked: it hears of one that is silent after minutes."""

    async def check(self) -> None:
        """Raise, or wait for ever, unless RabbitMQ responds."""
        if self.read_channel is not None:
            await self.read_channel.set_qos(prefetch_count=self._qos)


def rabbitmq_engine(
    url: str, state: State, queue: str, concurrency: int, max_size: int, timeout: float
) -> BrokerEngine:
    """Return an engine on a durable queue with priorities; `max_size` is what the state takes."""

    def make_broker() -> CheckedBroker:
        return CheckedBroker(
            with_heartbeat(url),
            timeout=timeout,
            connection_class=Connection,  # not one that connects again itself, which goes on for ever
            qos=concurrency,
            exchange=Exchange(name=queue),
            # A quorum queue has two priorities, a classic one as many as it is declared with.
            task_queues=[Queue(name=queue, type=QueueType.CLASSIC, max_priority=9, routing_key=queue)],
            dead_letter_queue=Queue(name=f"{queue}.rejected", type=QueueType.CLASSIC),
            delay_queue=Queue(name=f"{queue}.delay", type=QueueType.CLASSIC),
        )

    return BrokerEngine(
        make_broker,
        state,
        f"RabbitMQ at {address_of(url)}",
        timeout,
        has_priorities=True,
        max_size=max_size,
        check=CheckedBroker.check,
    )


def with_heartbeat(url: str) -> str:
    """Return the URL with a heartbeat, unless it has one: the library's own of 60 s notices silence after 3 minutes."""
    parts = urlsplit(url)
    query = {"heartbeat": str(HEARTBEAT_SECONDS), **dict(parse_qsl(parts.query))}
    return parts._replace(query=urlencode(query)).geturl()
