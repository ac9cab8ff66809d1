"""Which paths may name a file at all, decided by their text alone.

No file system is accessed here, so that a path meant to reach a device, a network share or a parent
directory is rejected before any system call is made with it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# What NTFS and the Win32 API read as a device, whatever follows the first dot.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
# Separators, dots and NUL under a second layer of percent-encoding.
_ENCODED_TWICE = re.compile(r"%(?:25)*(?:2e%(?:25)*2e|2f|5c|00)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_SHORT_NAME = re.compile(r"~[0-9]")
_WELL_KNOWN = ".well-known"


class PathPolicy(NamedTuple):
    """Which names are rejected beyond those that always are.

    Attributes:
        hidden_files: serve names that begin with a dot. `.well-known` at the top is always served (RFC 8615).
        portable_names: reject names that Windows gives another meaning: devices in any segment and
            with any extension, drives and streams (`:`), a dot or a space at the end.
        short_names: allow the `PROGRA~1` form, an alias on Windows for names that are rejected.
    """

    hidden_files: bool = False
    portable_names: bool = True
    short_names: bool = True

    def segments(self, path: str) -> list[str] | None:
        """Return the names a relative path consists of, None if it must not be looked up.

        Args:
            path: decoded, separated by "/"; empty segments and "." are ignored.

        >>> PathPolicy().segments("css/site.css")
        ['css', 'site.css']
        >>> [PathPolicy().segments(path) for path in ("/etc/passwd", "../x", "a\\\\b", "NUL.txt", ".env")]
        [None, None, None, None, None]
        """
        if path[:1] == "/" or _CONTROL.search(path):
            return None
        segments = [segment for segment in path.split("/") if segment and segment != "."]
        if "%" in path and any(_ENCODED_TWICE.search(segment) for segment in segments):
            return None
        for index, segment in enumerate(segments):
            if segment[0] == "." and not self._dotted(index, segment):
                return None
            if self.portable_names and not is_portable(segment):
                return None
            if not self.short_names and _SHORT_NAME.search(segment):
                return None
        return segments

    def _dotted(self, index: int, segment: str) -> bool:
        if segment == "..":
            return False
        return self.hidden_files or (index == 0 and segment == _WELL_KNOWN)


def is_portable(segment: str) -> bool:
    """Return whether a name means the same on every file system.

    >>> is_portable("con.svg"), is_portable("c:"), is_portable("console.js")
    (False, False, True)
    """
    if ":" in segment or segment[-1] in ". ":
        return False
    return segment.partition(".")[0].rstrip(" ").lower() not in _DEVICES
