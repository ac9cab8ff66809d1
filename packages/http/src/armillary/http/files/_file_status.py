"""What the statuses of a file show about its content."""

from __future__ import annotations

import os


def is_same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Return whether two statuses are of the same file with the same content.

    The time of the last status change (ctime) shows a write that kept size and modification time: a
    program can set the latter, but not the former.
    """
    return (one.st_mtime_ns, one.st_ctime_ns, one.st_size, one.st_ino, one.st_dev) == (
        other.st_mtime_ns,
        other.st_ctime_ns,
        other.st_size,
        other.st_ino,
        other.st_dev,
    )


def is_same_content(opened: os.stat_result, now: os.stat_result) -> bool:
    """Return whether an open file has not been written to.

    Giving its name to another file or deleting it changes the ctime too, and the number of its links.
    """
    if opened.st_nlink != now.st_nlink:
        return (opened.st_mtime_ns, opened.st_size) == (now.st_mtime_ns, now.st_size)
    return is_same_file(opened, now)
