"""Whether this interpreter can start threads.

Pyodide, the Python of browsers and of some edge servers, cannot. There a blocking function runs in the event loop:
nothing else runs meanwhile, but the program works. It is found out once, before the first call; a process that is out
of threads later has them all the same, and its call fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_found: bool | None = None


def can_start_threads() -> bool:
    """Return whether blocking functions can run in threads."""
    global _found
    if _found is None:
        _found = _start_one()
    return _found


def _start_one() -> bool:
    if sys.platform == "emscripten":
        return False
    try:
        Thread(target=int, name="armillary-first", daemon=True).start()
    except RuntimeError as exc:
        from logging import getLogger

        getLogger("armillary.concurrency").warning(
            "no thread can be started here (%s): blocking functions run in the event loop, one at a time", exc
        )
        return False
    return True


async def call_in_event_loop(function: Callable[[], T]) -> T:
    """Call a blocking function here, after a turn of the event loop."""
    from anyio.lowlevel import checkpoint

    await checkpoint()
    return function()
