"""What is known about an enqueued task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

StatusName = Literal["queued", "running", "retrying", "succeeded", "failed", "cancelled"]
FINAL = frozenset(("succeeded", "failed", "cancelled"))


@dataclass(frozen=True)
class Status:
    """What is known about an enqueued task.

    Attributes:
        status: "queued", "running", "retrying" (failed, and waits for its next attempt), "succeeded", "failed" or
            "cancelled".
        attempt: the number of the current or last attempt.
        progress: what the task reported last, as decoded JSON; None before.
        result: what it returned, as decoded JSON.
        error: why it failed or is retried, as text.
    """

    status: StatusName
    attempt: int = 1
    progress: Any = None
    result: Any = None
    error: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.status in FINAL

    def encode(self) -> bytes:
        """Return it as JSON."""
        # No larger than the result by itself, which fits the engine; lone surrogates are escaped as JSON does it.
        return json.dumps(self.as_dict(), ensure_ascii=False).encode(errors="backslashreplace")

    def as_dict(self) -> dict[str, Any]:
        """Return what a client may see, without what is not known."""
        values = {"status": self.status, "attempt": self.attempt}
        optional = {"progress": self.progress, "result": self.result, "error": self.error}
        return values | {name: value for name, value in optional.items() if value is not None}

    @classmethod
    def decode(cls, data: bytes) -> Status:
        """Return the status that `encode` made these bytes of."""
        return cls(**json.loads(data))
