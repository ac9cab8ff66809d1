"""Durable tasks: enqueued by a request, run by a worker, on an engine that exists.

>>> import anyio
>>> from armillary.tasks import Tasks
>>> tasks = Tasks()  # in this process; Tasks("redis://127.0.0.1:6379/0") leaves them to workers
>>> @tasks.task
... async def add(a: int, b: int) -> int:
...     return a + b
>>> async def main():
...     async with tasks.running():
...         enqueued = await add.enqueue(1, b=2)
...         return await enqueued.result(timeout=5)
>>> anyio.run(main)
3

Errors at a glance:

    Exception
    ├── ArgumentError        an argument is of the wrong type or cannot be encoded; a TypeError
    ├── EngineUnavailable    the engine cannot be reached; becomes a 503
    ├── MessageTooLarge      the arguments are larger than the engine takes
    ├── TasksError           tasks were not started, or are used where they cannot be
    └── TaskFailed           what `result()` raises for a task that failed
        └── TaskCancelled    it was cancelled
"""

from armillary.background import TaskRetry

from ._context import CurrentTask, current_task
from ._dead_letter import DeadLetter
from ._errors import ArgumentError, EngineUnavailable, MessageTooLarge, TaskCancelled, TaskFailed, TasksError
from ._middleware import TasksMiddleware
from ._progress import status_response
from ._runner import Runner
from ._schedule import Cron, Every, Schedule
from ._status import Status
from ._task import EnqueuedTask, Outbox, Task
from ._tasks import Tasks

__all__ = [
    "ArgumentError",
    "Cron",
    "CurrentTask",
    "DeadLetter",
    "EngineUnavailable",
    "EnqueuedTask",
    "Every",
    "MessageTooLarge",
    "Outbox",
    "Runner",
    "Schedule",
    "Status",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskRetry",
    "Tasks",
    "TasksError",
    "TasksMiddleware",
    "current_task",
    "status_response",
]
