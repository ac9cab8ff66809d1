"""The responses of static files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from armillary.asgi_types import Receive, Scope, Send
from armillary.http import (
    FileReplaced,
    FileResponse,
    OpenFile,
    PlainTextResponse,
    Response,
    format_http_date,
    is_same_file,
)

from ._variant import Variant


class NotModifiedResponse(Response):
    """A 304: the client's copy is still current (RFC 9110 section 15.4.5).

    Args:
        headers: of the response it replaces; those that describe the client's copy are kept.
    """

    NOT_MODIFIED_HEADERS: ClassVar[tuple[str, ...]] = (
        "cache-control",
        "content-location",
        "date",
        "etag",
        "expires",
        "last-modified",
        "vary",
    )
    """The headers that are kept, in lower case."""

    whole: StaticFileMixin | None = None
    """The response it replaces, if available."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(None, 304)
        self.raw_headers: list[tuple[bytes, bytes]] = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
            if name.lower() in self.NOT_MODIFIED_HEADERS
        ]


class StaticFileMixin(FileResponse):
    """A file response that can send a coded variant and be opened in the thread that found it.

    Attributes:
        digest: makes an entity tag of path and status; by default the base class's is used.
        watched: the files it was made from, with their statuses.

    Raises:
        RuntimeError: (when served) the file was replaced after it was looked up, or changed while it was sent;
            the connection ends then, so that no client takes a mixture for the file.
    """

    conditional = False  # StaticFiles has handled the conditions

    digest: Callable[[str, os.stat_result], str] | None = None
    stat_result: os.stat_result | None
    watched: Sequence[tuple[str, os.stat_result]] = ()
    _coding = ""

    def take_variant(self, variant: Variant, original: os.stat_result) -> None:
        """Send a coded variant; date and media type stay those of the original."""
        self.path: str = variant.path
        self._coding = variant.coding.name
        self.raw_headers.append((b"content-encoding", self._coding.encode()))
        self.raw_headers.append((b"last-modified", format_http_date(original.st_mtime).encode()))

    def make_etag(self, stat_result: os.stat_result) -> str:
        """Return the entity tag of a file; that of a coded variant differs from that of its original."""
        digest = self.digest
        etag = super().make_etag(stat_result) if digest is None else f'"{digest(os.fspath(self.path), stat_result)}"'
        return f'{etag[:-1]}-{self._coding}"' if self._coding else etag

    def open_file(self) -> OpenFile:
        """Open the file that was looked up. Blocks.

        Raises:
            FileReplaced: another file took its place, or it was written to.
            RuntimeError: it was deleted.
        """
        file = super().open_file()
        if self.stat_result is not None and not is_same_file(self.stat_result, file.stat):
            file.close()
            raise FileReplaced(f"File at path {os.fspath(self.path)} was replaced after it was looked up.")
        return file


class StaticFileResponse(StaticFileMixin):
    """A file found by `StaticFiles`."""


async def handle_other_scope(scope: Scope, receive: Receive, send: Send, closes_websockets: bool) -> None:
    """Reject a WebSocket with a 404, or close it; acknowledge startup and shutdown if it is served by itself."""
    if scope["type"] == "websocket" and closes_websockets:
        await send({"type": "websocket.close", "code": 1000})
        return
    if scope["type"] == "websocket":
        await PlainTextResponse("Not Found", 404)(scope, receive, send)
        return
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
