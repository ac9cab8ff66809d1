"""Run blocking code in threads, with a limit for each purpose and a bounded wait when all are busy.

>>> import anyio
>>> from armillary.concurrency import Limiter, run_in_threadpool
>>> reports = Limiter("reports", 4, max_wait=2.0)
>>> anyio.run(run_in_threadpool, sorted, [3, 1, 2])
[1, 2, 3]

Three limiters are predefined: `ENDPOINTS` for handlers, `BACKGROUND` for background
tasks, `FILES` for file access, so that none of them can starve another.
"""

from ._iteration import iterate_in_threadpool
from ._limiter import BACKGROUND, ENDPOINTS, FILES, Limiter
from ._overload import Overloaded
from ._threadpool import run_in_threadpool

__all__ = [
    "BACKGROUND",
    "ENDPOINTS",
    "FILES",
    "Limiter",
    "Overloaded",
    "iterate_in_threadpool",
    "run_in_threadpool",
]
