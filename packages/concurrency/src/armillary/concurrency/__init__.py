"""Run blocking code in threads, with a limit for each purpose and a bounded wait when all are busy.

>>> import anyio
>>> from armillary.concurrency import Limiter, run_in_threadpool
>>> reports = Limiter("reports", 4, max_wait=2.0)
>>> anyio.run(run_in_threadpool, sorted, [3, 1, 2])
[1, 2, 3]

Three limiters are predefined: `ENDPOINTS` for handlers, `BACKGROUND` for background
tasks, `FILES` for file access, so that none of them can starve another.

Loops that send give the event loop a turn by `FairTurn`, and bound each wait by `wait_at_most`. `call_if_suspended`
starts what guards a wait only if there is one.
"""

from ._cancellation import cancels_current_task
from ._detached import run_detached
from ._event_loop import require_asyncio
from ._held_call import cancelled_in_thread
from ._iteration import iterate_in_threadpool
from ._limiter import BACKGROUND, ENDPOINTS, FILES, Limiter, limiter_usage
from ._look_ahead import LookAhead
from ._loop_watch import LoopWatch
from ._overload import Overloaded
from ._place import LimiterUsage
from ._schedule import Schedule, current_schedule, schedule_if_running
from ._suspension import call_if_suspended
from ._threadpool import run_in_threadpool
from ._turn import FairTurn, yield_to_loop
from ._wait import start_at_most, wait_at_most

__all__ = [
    "BACKGROUND",
    "ENDPOINTS",
    "FILES",
    "FairTurn",
    "Limiter",
    "LimiterUsage",
    "LookAhead",
    "LoopWatch",
    "Overloaded",
    "Schedule",
    "call_if_suspended",
    "cancelled_in_thread",
    "cancels_current_task",
    "current_schedule",
    "iterate_in_threadpool",
    "limiter_usage",
    "require_asyncio",
    "run_detached",
    "run_in_threadpool",
    "schedule_if_running",
    "start_at_most",
    "wait_at_most",
    "yield_to_loop",
]
