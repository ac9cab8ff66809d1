"""Files kept in memory.

A file status less than a second old is trusted: in that time a revalidation and a small
file are served without accessing the file system. After that a thread checks again, and the content
is read again only if the file has changed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock
from time import perf_counter
from typing import TypeAlias

from armillary.asgi_types import Scope, Send
from armillary.http import (
    FileResponse,
    is_same_content,
    is_same_file,
    parse_http_date,
    precondition_status,
    received_conditions,
)

from ._content_digest import asked_version
from ._file_status import shows_every_write
from ._static_file_response import NotModifiedResponse
from ._variant import accept_encoding

Key: TypeAlias = tuple[str, bool, bytes, bytes]
"""The path, whether the request's ended in a slash, its Accept-Encoding and the version it asks for."""

Watched: TypeAlias = Sequence[tuple[str, os.stat_result]]
"""Paths with the status they had: the file sent and, for a coded variant, its original."""

_MAX_ENTRIES = 4096
_MAX_KEY_LENGTH = 1024


class RecentFile:
    """The response to a request for a file while the file is unchanged.

    Args:
        response: the whole file; its headers are those of every response.
        watched: what must not have changed.
        body: the content, if it is kept in memory.
        not_modified_class: the class of its 304s.
    """

    __slots__ = ("body", "checked_at", "etag", "headers", "is_conclusive", "modified", "not_modified", "watched")

    def __init__(
        self,
        response: FileResponse,
        watched: Watched,
        body: bytes | None,
        not_modified_class: type[NotModifiedResponse] = NotModifiedResponse,
    ) -> None:
        headers = response.headers
        self.body = body
        self.headers = [*response.raw_headers]
        self.etag = headers.get("etag")
        self.modified = parse_http_date(headers.get("last-modified", ""))
        self.not_modified = not_modified_class(headers).raw_headers
        self.watched = watched
        self.is_conclusive = all(shows_every_write(status) for _, status in watched)
        self.checked_at = perf_counter()


class RecentFiles:
    """The files checked recently, by request key.

    Args:
        memory: bytes of content kept.
        largest: the largest file whose content is kept, in bytes.
        seconds: how long a file status is trusted.
    """

    def __init__(self, memory: int, largest: int, seconds: float) -> None:
        self.memory = memory
        self.largest = min(largest, memory)
        self.seconds = seconds
        self.kept = 0
        self._entries: dict[Key, RecentFile] = {}
        self._changing = Lock()

    def find(self, key: Key) -> RecentFile | None:
        """Return the entry if a thread checked the file recently."""
        entry = self._entries.get(key)
        return None if entry is None or perf_counter() - entry.checked_at > self.seconds else entry

    def content(self, key: Key, watched: Watched) -> bytes | None:
        """Return the content of a file small enough to be kept, None for a larger one. Blocks."""
        path, status = watched[0]
        if status.st_size > self.largest:
            return None
        body = self.remembered_body(key, watched)
        return read_unchanged(path, status) if body is None else body

    def remembered_body(self, key: Key, watched: Watched) -> bytes | None:
        """Return the content kept if none of the files has changed since."""
        entry = self._entries.get(key)
        if entry is None or entry.body is None or not entry.is_conclusive or len(entry.watched) != len(watched):
            return None
        pairs = zip(entry.watched, watched, strict=True)
        if all(old[0] == new[0] and is_same_file(old[1], new[1]) for old, new in pairs):
            return entry.body
        return None

    def remember(self, key: Key, entry: RecentFile) -> None:
        """Keep an entry, forgetting the oldest ones beyond the limits."""
        with self._changing:
            self._forget(key)
            self._entries[key] = entry
            self.kept += len(entry.body or b"")
            while len(self._entries) > _MAX_ENTRIES or (self.kept > self.memory and len(self._entries) > 1):
                self._forget(next(iter(self._entries)))

    def _forget(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.kept -= len(entry.body or b"")


def recent_key(path: str, scope: Scope) -> Key:
    """Return the key a request is remembered by."""
    return (path, scope["path"][-1:] == "/", accept_encoding(scope), asked_version(scope))


def is_too_long(key: Key) -> bool:
    """Return whether a key is too long to be remembered."""
    return len(key[0]) + len(key[2]) > _MAX_KEY_LENGTH


async def respond_from_memory(recent: RecentFile, scope: Scope, send: Send) -> bool:
    """Respond from memory; return False, with nothing sent, if the file must be opened."""
    method: str = scope["method"]
    if method not in ("GET", "HEAD"):
        return False
    conditions = received_conditions(scope["headers"])
    if not conditions and recent.body is None and method == "GET":
        return False
    status = precondition_status(method, conditions, etag=recent.etag, last_modified=recent.modified)
    if status == 304:
        await send({"type": "http.response.start", "status": 304, "headers": [*recent.not_modified]})
        await send({"type": "http.response.body", "body": b""})
        return True
    if status is not None or b"range" in conditions or (recent.body is None and method == "GET"):
        return False
    await send({"type": "http.response.start", "status": 200, "headers": [*recent.headers]})
    await send({"type": "http.response.body", "body": recent.body if recent.body and method == "GET" else b""})
    return True


def read_unchanged(path: str, status: os.stat_result) -> bytes | None:
    """Return the content of a file, None if its status has changed before or meanwhile. Blocks."""
    try:
        with open(path, "rb") as file:
            if is_same_file(os.fstat(file.fileno()), status):
                body = file.read(status.st_size + 1)
                unchanged = is_same_content(status, os.fstat(file.fileno()))
                return body if unchanged and len(body) == status.st_size else None
    except OSError:
        pass
    return None
