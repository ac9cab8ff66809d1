"""What carries messages from who enqueues them to who runs them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, NamedTuple, Protocol

from ._state import State


class Delivery(NamedTuple):
    """A message that was received.

    Attributes:
        data: the message.
        acknowledge: ends it; what is not acknowledged is delivered again.
    """

    data: bytes
    acknowledge: Callable[[], Coroutine[Any, Any, None]]


class Engine(Protocol):
    """A queue and its state.

    Attributes:
        state: what is remembered beside the queue.
        is_durable: whether messages outlive this process, and workers of their own receive them.
        has_priorities: whether urgent messages overtake others.
    """

    @property
    def state(self) -> State: ...

    @property
    def is_durable(self) -> bool: ...

    @property
    def has_priorities(self) -> bool: ...

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
