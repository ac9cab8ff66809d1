"""RabbitMQ, by taskiq-aio-pika; what it cannot keep is in another engine's state."""

from __future__ import annotations

try:
    from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType
except ImportError as exc:
    raise ImportError("tasks in RabbitMQ need taskiq-aio-pika: pip install 'armillary-tasks[rabbitmq]'") from exc

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._state import State


def rabbitmq_engine(url: str, state: State, queue: str, concurrency: int, max_size: int) -> BrokerEngine:
    """Return an engine on a durable queue with priorities; `max_size` is what the state takes."""

    def make_broker() -> AioPikaBroker:
        return AioPikaBroker(
            url,
            qos=concurrency,
            exchange=Exchange(name=queue),
            # A quorum queue has two priorities, a classic one as many as it is declared with.
            task_queues=[Queue(name=queue, type=QueueType.CLASSIC, max_priority=9, routing_key=queue)],
            dead_letter_queue=Queue(name=f"{queue}.rejected", type=QueueType.CLASSIC),
            delay_queue=Queue(name=f"{queue}.delay", type=QueueType.CLASSIC),
        )

    return BrokerEngine(make_broker, state, f"RabbitMQ at {address_of(url)}", has_priorities=True, max_size=max_size)
