"""A task that was given up."""

from __future__ import annotations

import json
from typing import Generic, TypeVar

from ._envelope import Envelope

R_co = TypeVar("R_co", covariant=True)


class DeadLetter(Generic[R_co]):
    """A task that was given up.

    Attributes:
        id: of the task.
        task: its name.
        arguments: JSON by parameter.
        reason: why it was given up.
        at: when, in seconds since 1970.
    """

    def __init__(self, envelope: Envelope, reason: str, at: float) -> None:
        self.id: str = envelope.id
        self.task: str = envelope.task
        self.arguments: dict[str, str] = envelope.arguments
        self.reason = reason
        self.at = at

    @classmethod
    def decode(cls, value: bytes) -> DeadLetter[R_co]:
        """Return the dead letter that a state keeps as these bytes."""
        kept = json.loads(value)
        return cls(Envelope.decode(kept["message"]), kept["reason"], kept["at"])
