"""What carries messages from who enqueues them to who runs them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol

from armillary.concurrency.outages import OutageLog

from ._errors import EngineUnavailable, MessageTooLarge
from ._state import State


class Delivery(NamedTuple):
    """A message that was received.

    Attributes:
        data: the message.
        acknowledge: ends it; what is not acknowledged is delivered again.
    """

    data: bytes
    acknowledge: Callable[[], Coroutine[Any, Any, None]]


MAX_SIZE: Final = 1024 * 1024
NATS_MAX_SIZE: Final = 512 * 1024  # half of what a server takes by default


def check_size(what: str, data: bytes, engine: Engine) -> None:
    """Raise a `MessageTooLarge` if an engine does not take so much."""
    if len(data) > engine.max_size:
        raise MessageTooLarge(
            f"{what} {len(data):,} bytes as JSON, and {engine.name} takes {engine.max_size:,}; keep it elsewhere, and "
            "pass where it is"
        )


@contextmanager
def reached(engine: Engine) -> Generator[None]:
    """Raise an `EngineUnavailable` for whatever the library of an engine raises when it cannot be reached."""
    try:
        yield
    except (EngineUnavailable, RuntimeError):
        raise
    except Exception as exc:
        raise unavailable(engine, exc) from exc


def unavailable(engine: Engine, exc: BaseException) -> EngineUnavailable:
    """Return the error for what the library of an engine raised, and log it."""
    return engine.outages.unavailable(EngineUnavailable, f"{engine.name} cannot be reached", exc)


class Engine(Protocol):
    """A queue and its state.

    Attributes:
        name: what errors call it.
        state: what is remembered beside the queue.
        is_durable: whether messages outlive this process, and workers of their own receive them.
        has_priorities: whether urgent messages overtake others.
        max_size: bytes of the largest message or result.
        outages: logs that it cannot be reached.
    """

    @property
    def name(self) -> str: ...

    @property
    def state(self) -> State: ...

    @property
    def is_durable(self) -> bool: ...

    @property
    def has_priorities(self) -> bool: ...

    @property
    def max_size(self) -> int: ...

    @property
    def outages(self) -> OutageLog: ...

    async def start(self) -> None:
        """Connect; raises if the engine cannot be reached."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...

    async def send(self, identity: str, task: str, data: bytes, priority: int) -> None:
        """Put a message into the queue."""
        ...

    def listen(self) -> AsyncGenerator[Delivery]:
        """Yield messages as they come."""
        ...

    async def recover(self) -> None:
        """Deliver again what a dead process had received; called regularly by one worker."""
        ...
