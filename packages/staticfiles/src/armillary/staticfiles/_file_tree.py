"""Finding a file below one of several directories, and never outside."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from stat import S_ISLNK

_ABSENT_ERRNOS = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, getattr(errno, "EILSEQ", errno.ENOENT))
)
# A junction is no symbolic link to lstat, so there every path is resolved.
_ALWAYS_RESOLVE = os.name == "nt"


def find_file(
    directories: Sequence[str], segments: Sequence[str], follow_symlink: bool
) -> tuple[str, os.stat_result] | None:
    """Return path and status of the first match, None if no directory has it. Blocks.

    Args:
        directories: searched in order.
        segments: names from `PathPolicy.segments`; none for the directory itself.
        follow_symlink: follow links wherever they lead; False to those that stay in the directory.

    Raises:
        OSError: any failure other than a missing file, such as `PermissionError`.
    """
    for directory in directories:
        try:
            found = _below(directory, segments, follow_symlink)
        except ValueError:  # a name the file system's encoding does not have
            return None
        except OSError as exc:
            if exc.errno not in _ABSENT_ERRNOS:
                raise
            continue
        if found is not None:
            return found
    return None


def _below(directory: str, segments: Sequence[str], follow_symlink: bool) -> tuple[str, os.stat_result] | None:
    path = os.path.join(directory, *segments)
    if follow_symlink or not segments:
        return path, os.stat(path)
    if _ALWAYS_RESOLVE:
        return _resolved(directory, path)
    current = directory
    for segment in segments[:-1]:
        current = f"{current}/{segment}"
        if S_ISLNK(os.lstat(current).st_mode):
            return _resolved(directory, path)
    status = os.lstat(path)
    return _resolved(directory, path) if S_ISLNK(status.st_mode) else (path, status)


def _resolved(directory: str, path: str) -> tuple[str, os.stat_result] | None:
    real, inside = os.path.realpath(path), os.path.realpath(directory)
    if real != inside and not real.startswith(inside.rstrip(os.sep) + os.sep):
        return None
    return real, os.lstat(real)
