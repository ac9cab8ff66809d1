"""Background tasks that run after the response, and graceful shut-down.

>>> import anyio
>>> from armillary.background import BackgroundTasks, TaskOptions, TaskRetry
>>> tasks = BackgroundTasks(options=TaskOptions(timeout=30, retry=TaskRetry(3)))
>>> _ = tasks.add_task(print, "mail sent")
>>> anyio.run(tasks)
mail sent

`Stopping(app)` notifies streams, WebSockets and these tasks when the server stops.
"""

from ._drain import UnfinishedTask
from ._process_signals import set_on_stop_signals
from ._retry import TaskRetry
from ._stop_event import StopEvent
from ._stopping import Stopping
from ._task import BackgroundTask, ErrorHook, TaskOptions
from ._tasks import BackgroundTasks

__all__ = [
    "BackgroundTask",
    "BackgroundTasks",
    "ErrorHook",
    "StopEvent",
    "Stopping",
    "TaskOptions",
    "TaskRetry",
    "UnfinishedTask",
    "set_on_stop_signals",
]
