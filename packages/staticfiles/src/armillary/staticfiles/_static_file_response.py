"""The responses of static files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from armillary.asgi_types import Receive, Scope, Send
from armillary.http import FilePlan, FileResponse, Response, format_http_date

from ._variant import Variant

_KEPT_BY_NOT_MODIFIED = frozenset(
    (b"cache-control", b"content-location", b"date", b"etag", b"expires", b"last-modified", b"vary")
)
_VALIDATORS = (b"etag", b"last-modified")


class NotModifiedResponse(Response):
    """A 304: the client's copy is still current (RFC 9110 section 15.4.5).

    Args:
        headers: of the response it replaces; those that describe the client's copy are kept.
    """

    whole: StaticFileMixin | None = None
    """The response it replaces, if available."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(None, 304)
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self.raw_headers = [pair for pair in pairs if pair[0] in _KEPT_BY_NOT_MODIFIED]


class FileReplaced(Exception):
    """Another file is at a path than the one that was looked at and allowed."""


class StaticFileMixin(FileResponse):
    """A file response that can send a coded variant and be opened in the thread that found it.

    Attributes:
        digest: makes an entity tag of path and status; by default the base class's is used.
        watched: the files it was made from, with their statuses.
    """

    conditional = False  # StaticFiles has handled the conditions

    digest: Callable[[str, os.stat_result], str] | None = None
    stat_result: os.stat_result | None
    watched: Sequence[tuple[str, os.stat_result]] = ()
    _coding = ""
    _seen: os.stat_result | None = None

    def take_variant(self, variant: Variant, original: os.stat_result) -> None:
        """Send a coded variant; date and media type stay those of the original."""
        self.path = variant.path
        self._coding = variant.coding.name
        self.raw_headers.append((b"content-encoding", self._coding.encode()))
        self.raw_headers.append((b"last-modified", format_http_date(original.st_mtime).encode()))

    def make_etag(self, stat_result: os.stat_result) -> str:
        """Return the entity tag of a file; that of a coded variant differs from that of its original."""
        digest = self.digest
        etag = super().make_etag(stat_result) if digest is None else f'"{digest(os.fspath(self.path), stat_result)}"'
        return f'{etag[:-1]}-{self._coding}"' if self._coding else etag

    def open_now(self, scope: Scope) -> None:
        """Open the file for the next call. Blocks.

        Raises:
            FileReplaced: another file is at the path than the one that was found.
            RuntimeError: it was deleted.
        """
        self._seen, self.stat_result = self.stat_result, None
        self.prepare(scope)

    def make_plan(self, scope: Scope, stat: os.stat_result) -> FilePlan:
        """Return what to send of a file with this status."""
        seen = self._seen
        if seen is not None and not is_same_file(seen, stat):
            if (seen.st_dev, seen.st_ino) != (stat.st_dev, stat.st_ino):
                raise FileReplaced(os.fspath(self.path))
            self.raw_headers = [pair for pair in self.raw_headers if pair[0] not in _VALIDATORS]
        return super().make_plan(scope, stat)


class StaticFileResponse(StaticFileMixin):
    """A file found by `StaticFiles`."""


def is_same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Return whether two statuses are of the same content, as far as a status can."""
    return (one.st_mtime_ns, one.st_size, one.st_ino) == (other.st_mtime_ns, other.st_size, other.st_ino)


async def handle_other_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """Close a WebSocket; acknowledge startup and shutdown if the application is served by itself."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
