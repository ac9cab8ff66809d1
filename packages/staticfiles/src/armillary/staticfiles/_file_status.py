"""What the status of a file shows about its content."""

from __future__ import annotations

import os
from time import time_ns

_TICK_NS = 1_000_000_000
"""How far apart two writes must be to have different time stamps: a few milliseconds on most file systems."""


def shows_every_write(status: os.stat_result) -> bool:
    """Return whether a write from now on would change the status: its time stamps are older than one tick."""
    return time_ns() - status.st_ctime_ns > _TICK_NS
