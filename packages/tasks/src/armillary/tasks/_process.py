"""What this process is, and what it has started."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._task_queue import TaskQueue


@dataclass
class Process:
    """What this process is.

    Attributes:
        concurrency: how many tasks run at once, in place of what its `Tasks` say: set by the command.
        started: what the lifespans of this process have started.
    """

    concurrency: int | None = None
    started: list[TaskQueue] = field(default_factory=list[TaskQueue])


PROCESS = Process()
