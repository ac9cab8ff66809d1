"""Background tasks that run after the response, and an orderly end of the server.

>>> import anyio
>>> from armillary.background import BackgroundTasks, Retry, TaskOptions
>>> tasks = BackgroundTasks(options=TaskOptions(timeout=30, retry=Retry(3)))
>>> _ = tasks.add_task(print, "mail sent")
>>> anyio.run(tasks)
mail sent

`Stopping(app)` tells streams, WebSockets and these tasks when the server is told to stop.
"""

from ._drain import UnfinishedTask
from ._options import ErrorHook, TaskOptions
from ._retry import Retry
from ._stop_event import StopEvent
from ._stopping import Stopping
from ._task import BackgroundTask
from ._tasks import BackgroundTasks

__all__ = [
    "BackgroundTask",
    "BackgroundTasks",
    "ErrorHook",
    "Retry",
    "StopEvent",
    "Stopping",
    "TaskOptions",
    "UnfinishedTask",
]
