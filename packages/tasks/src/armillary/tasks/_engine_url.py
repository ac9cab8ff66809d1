"""The engine that a URL names."""

from __future__ import annotations

from ._engine import MAX_SIZE, NATS_MAX_SIZE, Engine
from ._memory_engine import MemoryEngine
from ._state import State

SCHEMES = (
    '"memory://", "redis://" or "rediss://" (extra redis), "postgresql://" (extra postgres), "amqp://" or "amqps://" '
    '(extra rabbitmq), "nats://" or "tls://" (extra nats)'
)


def engine_of(
    url: str, state: str | None, queue: str, *, lease: float, concurrency: int, result_ttl: float, timeout: float
) -> Engine:
    """Return the engine for a URL, not yet connected.

    Raises:
        TypeError: no text.
        ValueError: an unknown scheme, or a `state` that is missing or of no use.
        ImportError: the engine's extra is not installed.
    """
    for name, value in (("url", url), ("state", state)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f'{name} is a URL such as "redis://127.0.0.1:6379/0", got {value!r}')
    scheme = scheme_of(url)
    if scheme in ("amqp", "amqps"):
        if state is None:
            raise ValueError(
                "RabbitMQ keeps no results, leases and dead letters: give state= the URL of a Redis, PostgreSQL or NATS"
            )
    elif state is not None:
        raise ValueError(f"state is for RabbitMQ (amqp://); {scheme}:// keeps its state itself")
    if url == "memory://":
        return MemoryEngine()
    if scheme in ("redis", "rediss"):
        from .engines._redis import redis_engine

        return redis_engine(url, queue, lease, concurrency, timeout)
    if scheme in ("postgresql", "postgres"):
        from .engines._postgres import postgres_engine

        return postgres_engine(url, queue, lease, timeout)
    if scheme in ("amqp", "amqps") and state is not None:
        from .engines._rabbitmq import rabbitmq_engine

        kept = state_of(state, queue, result_ttl, timeout)
        return rabbitmq_engine(url, kept, queue, concurrency, max_size_of(state), timeout)
    if scheme in ("nats", "tls"):
        from .engines._nats import nats_engine

        return nats_engine(url, queue, lease, longest_of(result_ttl), timeout)
    raise ValueError(f"url: a URL begins with {SCHEMES}; got the scheme {scheme!r}")


def state_of(url: str, queue: str, result_ttl: float, timeout: float) -> State:
    """Return the state for a URL.

    Raises:
        ValueError: an unknown scheme.
        ImportError: the extra is not installed.
    """
    scheme = scheme_of(url)
    if scheme in ("redis", "rediss"):
        from .engines._redis_state import RedisState

        return RedisState(url, queue, timeout)
    if scheme in ("postgresql", "postgres"):
        from .engines._postgres_state import PostgresState

        return PostgresState(url, queue, timeout)
    if scheme in ("nats", "tls"):
        from .engines._nats_state import NatsState

        return NatsState(url, queue, longest_of(result_ttl), timeout)
    raise ValueError(f'state: a URL begins with "redis://", "postgresql://" or "nats://"; got the scheme {scheme!r}')


def scheme_of(url: str) -> str:
    """Return the scheme of a URL; "" if it has none."""
    scheme, separator, _ = url.partition("://")
    return scheme if separator else ""


def max_size_of(state: str) -> int:
    """Return the bytes of the largest value that the state of a URL takes."""
    return NATS_MAX_SIZE if scheme_of(state) in ("nats", "tls") else MAX_SIZE


def longest_of(result_ttl: float) -> float:
    """Return the seconds that no key outlives: a day for what was delayed comes on top."""
    return result_ttl + 24 * 60 * 60
