"""The coded sibling of a file, compressed beforehand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISREG
from typing import NamedTuple

from armillary.asgi_types import Scope

from ._coding import Coding, acceptable_codings


class Variant(NamedTuple):
    """A file that holds the content of another, coded."""

    coding: Coding
    path: str
    status: os.stat_result


def accept_encoding(scope: Scope) -> bytes:
    """Return the Accept-Encoding of a request, its lines joined; empty if there is none."""
    lines = [value for name, value in scope.get("headers", ()) if name == b"accept-encoding"]
    return lines[0] if len(lines) == 1 else b", ".join(lines)


def find_variant(
    path: str, status: os.stat_result, scope: Scope, offered: Sequence[Coding], follow_symlink: bool
) -> Variant | None:
    """Return the sibling the client prefers, None to send the file itself. Blocks.

    A sibling that is older than the file was made from something else and is not used. Neither is
    one that is a link, unless links are followed.
    """
    for coding in acceptable_codings(accept_encoding(scope).decode("latin-1"), offered):
        sibling = path + coding.suffix
        try:
            found = os.stat(sibling) if follow_symlink else os.lstat(sibling)
        except OSError:
            continue
        if S_ISREG(found.st_mode) and found.st_mtime_ns >= status.st_mtime_ns:
            return Variant(coding, sibling, found)
    return None
