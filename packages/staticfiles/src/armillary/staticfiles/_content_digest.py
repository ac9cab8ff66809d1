"""Entity tags made from a file's content."""

from __future__ import annotations

import os
from threading import Lock

from armillary.asgi_types import Scope
from armillary.http import is_same_file

from ._file_status import shows_every_write

VERSION_LENGTH = 12
"""Characters of the digest that identify a version of a file."""

_CHUNK_SIZE = 1024 * 1024
_MAX_REMEMBERED = 4096
_remembered: dict[tuple[str, int, int, int, int], str] = {}
_forgetting = Lock()


def content_digest(path: str, status: os.stat_result) -> str:
    """Return a digest of a file's content in 32 characters. Blocks.

    The file is read once; after that its status shows whether it has changed. One that was changed in the
    last second is read each time, since a further change might not show.
    """
    key = (path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    known = _remembered.get(key)
    if known is not None:
        return known
    is_conclusive = shows_every_write(status)
    digest, status_after = digest_of_file(path)
    if is_conclusive and is_same_file(status, status_after):
        with _forgetting:  # another thread might change the dict between its `iter` and `next`
            while len(_remembered) >= _MAX_REMEMBERED:
                del _remembered[next(iter(_remembered))]
            _remembered[key] = digest
    return digest


def digest_of_file(path: str) -> tuple[str, os.stat_result]:
    """Return the digest, and the status after the last byte was read. Blocks."""
    from hashlib import blake2b

    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_SIZE):
            digest.update(chunk)
        return digest.hexdigest(), os.fstat(file.fileno())


def asked_version(scope: Scope) -> bytes:
    """Return the version a request asks for by `?v=`, empty if it asks for none."""
    query: bytes = scope.get("query_string", b"")
    return query[2:] if query[:2] == b"v=" and len(query) == 2 + VERSION_LENGTH else b""


def is_asked_by_version(path: str, status: os.stat_result, scope: Scope) -> bool:
    """Return whether a request asks for the very content a file has now. Blocks."""
    version = asked_version(scope)
    return bool(version) and content_digest(path, status)[:VERSION_LENGTH].encode() == version
