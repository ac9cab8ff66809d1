"""The file response with the behaviour that Starlette's tests require."""

from __future__ import annotations

import os
import stat as file_stat
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from armillary import http
from armillary.asgi_types import Message, Scope, Send
from armillary.http import FileDelivery, FilePlan

from ._response import Response

if TYPE_CHECKING:
    from anyio import AsyncFile


class _AnyioReader:
    """Reads the file that `anyio.open_file` gave."""

    __slots__ = ("_file",)

    def __init__(self, file: AsyncFile[bytes]) -> None:
        self._file = file

    def read_now(self, offset: int, count: int) -> bytes:
        self._file.wrapped.seek(offset)
        return self._file.wrapped.read(count)

    async def read(self, offset: int, count: int) -> bytes:
        from armillary.concurrency import FILES

        return await FILES.run(partial(self.read_now, offset, count))

    def close(self) -> None:
        self._file.wrapped.close()

    def stat(self) -> os.stat_result:
        return os.fstat(self._file.wrapped.fileno())


class FileResponse(http.FileResponse, Response):
    """A response of a file.

    Unlike the native one it ignores conditions, rejects a malformed Range header with a 400, opens
    the file through `anyio.open_file`, sends a file that is written to meanwhile and lets an `OSError`
    of the server's send pass.
    """

    chunk_size = 64 * 1024
    allows_changes = True
    reject_malformed_ranges = True
    conditional = False

    def check_status(self, status_code: object) -> None:
        """Take any."""

    def guess_media_type(self, filename: str) -> str:
        """Return the type that `mimetypes` gives the file name."""
        from mimetypes import guess_type

        return guess_type(filename)[0] or "application/octet-stream"

    def make_etag(self, stat_result: os.stat_result) -> str:
        """Return the entity tag other processes running Starlette give the same file."""
        from hashlib import md5

        text = f"{stat_result.st_mtime}-{stat_result.st_size}"
        return f'"{md5(text.encode(), usedforsecurity=False).hexdigest()}"'

    def plan_ranges(self, whole: FilePlan, wanted: str, size: int) -> FilePlan:
        """Return the plan for a Range header; a rejection has no fields of the file."""
        plan = super().plan_ranges(whole, wanted, size)
        if plan.status not in (400, 416):
            return plan
        headers = [pair for pair in plan.headers if pair[0] in (b"content-length", b"content-range")]
        return plan._replace(headers=[*headers, (b"content-type", b"text/plain; charset=utf-8")])

    def generate_multipart(
        self, ranges: Sequence[tuple[int, int]], boundary: str, max_size: int, content_type: str
    ) -> tuple[int, Callable[[int, int], bytes]]:
        """Return the length of a multipart/byteranges body, and what writes the head of one part."""

        def write_head(start: int, end: int) -> bytes:
            head = f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {start}-{end - 1}/{max_size}"
            return f"{head}\r\n\r\n".encode("latin-1")

        bodies = sum(len(write_head(start, end)) + end - start + len("\r\n") for start, end in ranges)
        return bodies + len(f"--{boundary}--"), write_head

    async def send_message(self, send: Send, message: Message) -> None:
        """Send one message of the body."""
        await send(message)

    async def open(self, scope: Scope) -> FileDelivery:
        """Plan the response and open the file if needed."""
        from armillary.concurrency import FILES

        stat = self.stat_result
        wants_file = scope.get("method", "GET").upper() != "HEAD" and not self.offers_pathsend(scope)
        if stat is None and not wants_file:
            stat = await FILES.run(self._status)
        if stat is not None:
            self._require_regular(stat)
            delivery = self.unopened(scope, self.make_plan(scope, stat))
            if delivery is not None:
                return delivery
        reader = await self._open_reader()
        try:
            return await FILES.run(partial(self._read_first, reader, scope, stat))
        except BaseException:
            reader.close()
            raise

    def _read_first(self, reader: _AnyioReader, scope: Scope, stat: os.stat_result | None) -> FileDelivery:
        if stat is None:
            stat = reader.stat()
            self._require_regular(stat)
        plan = self.make_plan(scope, stat)
        if not plan.needs_file:
            reader.close()
            return FileDelivery(plan)
        span = plan.parts[0].span
        return FileDelivery(plan, reader, reader.read_now(span.start, min(self.chunk_size, span.stop - span.start)))

    async def _open_reader(self) -> _AnyioReader:
        import anyio

        try:
            return _AnyioReader(await anyio.open_file(self.path, mode="rb"))
        except FileNotFoundError:
            raise self._missing() from None
        except (IsADirectoryError, PermissionError):
            from armillary.concurrency import FILES

            self._require_regular(await FILES.run(self._status))
            raise

    def _status(self) -> os.stat_result:
        try:
            return os.stat(self.path)
        except FileNotFoundError:
            raise self._missing() from None

    def _missing(self) -> RuntimeError:
        return RuntimeError(f"File at path {os.fspath(self.path)} does not exist.")

    def _require_regular(self, stat: os.stat_result) -> None:
        if not file_stat.S_ISREG(stat.st_mode):
            raise RuntimeError(f"File at path {os.fspath(self.path)} is not a file.")
