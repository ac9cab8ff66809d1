"""NATS JetStream, by taskiq-nats."""

from __future__ import annotations

try:
    from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig
    from taskiq_nats import PullBasedJetStreamBroker
except ImportError as exc:
    raise ImportError("tasks in NATS need taskiq-nats: pip install 'armillary-tasks[nats]'") from exc

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._engine import NATS_MAX_SIZE
from ._nats_state import RECONNECT_SECONDS, NatsState, silent


async def check(broker: PullBasedJetStreamBroker) -> None:
    """Raise, or wait for long, unless NATS responds."""
    await broker.client.flush()


def nats_engine(url: str, queue: str, lease: float, longest: float, timeout: float) -> BrokerEngine:
    """Return an engine on a work queue of JetStream."""
    stream = f"{queue}-tasks"  # not the queue's name alone, which a program may also use for its channels
    subject = f"{stream}.messages"

    def make_broker() -> PullBasedJetStreamBroker:
        return PullBasedJetStreamBroker(
            [url],
            subject=subject,
            stream_name=stream,
            durable=queue,
            stream_config=StreamConfig(name=stream, subjects=[subject], retention=RetentionPolicy.WORK_QUEUE),
            consumer_config=ConsumerConfig(durable_name=queue, ack_wait=lease, max_ack_pending=10_000),
            pull_consume_batch=1,
            pull_consume_timeout=1.0,
            connect_timeout=timeout,
            max_reconnect_attempts=-1,
            reconnect_time_wait=RECONNECT_SECONDS,
            ping_interval=timeout / 2,
            error_cb=silent,
        )

    name = f"NATS at {address_of(url)}"
    state = NatsState(url, queue, longest, timeout)
    return BrokerEngine(make_broker, state, name, timeout, check=check, max_size=NATS_MAX_SIZE)
