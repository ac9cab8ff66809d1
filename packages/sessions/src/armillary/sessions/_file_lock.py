"""A lock between processes of one machine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MAX_WAIT = 5.0
"""Seconds that a lock is waited for; who holds one longer is stopped, or its disk does not respond."""
PAUSE = 0.002

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _release(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def file_lock(path: Path, *, waits: bool = True) -> Generator[None]:
    """Hold a lock on a file, which is created if it is missing and not removed.

    The system ties the lock to the open file, so it ends with the process that holds it, however
    that ends. Blocks.

    Raises:
        TimeoutError: another process holds it for `MAX_WAIT` seconds; with `waits=False`, now.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(descriptor, path, MAX_WAIT if waits else 0.0)
        try:
            yield
        finally:
            _release(descriptor)  # a process that was forked meanwhile has the same open file
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            _take(descriptor)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"another process holds the lock {str(path)!r} for {seconds:g} s") from None
            time.sleep(PAUSE)
        else:
            return
