"""What can go wrong between enqueueing a task and its end."""

from __future__ import annotations

from armillary.concurrency.outages import Unavailable


class TasksError(RuntimeError):
    """Tasks are used where or when they cannot be; the message says what to do."""


class EngineUnavailable(Unavailable):
    """The engine cannot be reached; becomes a 503.

    Args:
        reason: what is wrong, with the engine's address; for the log and for who starts the program.
    """

    sentence = "The task queue cannot be reached"


class ArgumentError(TypeError):
    """An argument of a task is of the wrong type or cannot be encoded; the message names it."""


class MessageTooLarge(ValueError):
    """The arguments of a task, or what it returned, are larger than its engine takes; the message has the limit."""


class TaskFailed(Exception):
    """A task ended without a result.

    Attributes:
        reason: what it raised, as text; or that it was cancelled.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TaskCancelled(TaskFailed):
    """A task was cancelled."""
