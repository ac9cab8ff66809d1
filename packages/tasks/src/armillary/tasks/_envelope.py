"""A message: which task is to run, with what, and where it comes from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace


def turn_of(identity: str, attempt: int) -> str:
    """Return what identifies one attempt of a task."""
    return f"{identity}:{attempt}"


@dataclass(frozen=True)
class Envelope:
    """What travels through an engine.

    Attributes:
        id: of the task, the same for each attempt and delivery.
        task: the task's name.
        arguments: JSON by parameter.
        attempt: 1, and one more after each failure.
        priority: a larger one is more urgent.
        request_id: of the request it was enqueued in.
        trace: the W3C trace context it was enqueued in.
    """

    id: str
    task: str
    arguments: dict[str, str]
    attempt: int = 1
    priority: int = 0
    request_id: str | None = None
    trace: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def turn(self) -> str:
        """What identifies one attempt."""
        return turn_of(self.id, self.attempt)

    def encode(self) -> bytes:
        """Return the message's bytes."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes | str) -> Envelope:
        """Return the message that `encode` made these bytes of.

        Raises:
            ValueError, TypeError: they are something else.
        """
        return cls(**json.loads(data))

    def again(self) -> Envelope:
        """Return the message of the next attempt."""
        return replace(self, attempt=self.attempt + 1)
