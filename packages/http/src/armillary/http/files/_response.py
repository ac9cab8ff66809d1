"""Responses of a file, or of parts of it."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from armillary.asgi_types import ClientDisconnect, Message, Receive, Scope, Send
from armillary.exchange import record_response_start, send_raises_after_disconnect

from .._denial_response import denial_response_send
from .._disconnect import until_disconnect
from .._response import Background
from .._response_policy import HeaderFields
from ..streaming._run_until import run_until
from ._disposition import format_content_disposition
from ._open_file import FileReplaced, OpenFile, UnchangedFile, require_regular
from ._plan import (
    FileDelivery,
    FilePlan,
)
from ._planning import FilePlanning
from ._range import ByteRange

if TYPE_CHECKING:
    from io import FileIO

    from ._plan import FileReader

_MAX_ATTEMPTS = 3  # at a file that is written to between opening it and reading its first bytes


class _ThreadReader:
    """Reads each chunk in a worker thread."""

    __slots__ = ("_file",)

    def __init__(self, file: OpenFile) -> None:
        self._file = file

    async def read(self, offset: int, count: int) -> bytes:
        from armillary.concurrency import FILES

        return await FILES.run(partial(self._file.read, offset, count))

    def close(self) -> None:
        self._file.close()


class FileResponse(FilePlanning):
    """A response of a file, with ranges and conditions.

    One call in a worker thread opens the file, checks it and reads its first `chunk_size`
    bytes; each later chunk is one more. A server that offers `http.response.pathsend` or
    `http.response.zerocopysend` reads the file itself.

    Args:
        path: the file. A path made from a request must be checked by the caller.
        status_code: the status; ranges and conditions apply to 200 only.
        headers: further headers; an `etag` or `last-modified` here takes precedence over the file's.
        media_type: the `content-type`; by default guessed from the name.
        background: awaited after the file was sent.
        filename: the name to save under, sent as `content-disposition`.
        stat_result: of the file, if known; its size is then what is sent.
        content_disposition_type: "attachment" (default) or "inline"; for `filename` only.

    Attributes:
        chunk_size: bytes read and sent at once.
        max_ranges: with more ranges than this, the whole file is sent.
        allows_changes: send a file that is written to meanwhile, such as a log that grows; False by default.

    Raises:
        RuntimeError: (when served) there is no regular file at the path, or it was written to while it was sent;
            the connection ends then, so that no client takes a mixture for the file.
        ClientDisconnect: (when served) the client disconnected and the server's send raised.

    Follows RFC 9110 sections 13 and 14. A malformed Range header is ignored, as section 14.2 says.

    >>> FileResponse("report.pdf", filename="report.pdf").headers["content-disposition"]
    'attachment; filename="report.pdf"'
    """

    chunk_size: int = 256 * 1024

    _prepared: FileDelivery | None = None

    def __init__(
        self,
        path: str | os.PathLike[str],
        status_code: int = 200,
        headers: HeaderFields | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        filename: str | None = None,
        stat_result: os.stat_result | None = None,
        content_disposition_type: str = "attachment",
    ) -> None:
        if status_code != 200:
            self.check_status(status_code)
        if not isinstance(path, (str, os.PathLike)):
            kind = type(path).__name__
            raise TypeError(f"FileResponse takes the path of a file, not {kind}; write Response(...) for bytes")
        self.background = background
        self.path = path
        self.filename = filename
        self.status_code = status_code
        self.stat_result = stat_result
        self.media_type: str | None = (
            self.guess_media_type(filename or os.fspath(path)) if media_type is None else media_type
        )
        self.init_headers(headers)
        if filename is not None:
            self._default(b"content-disposition", format_content_disposition(content_disposition_type, filename))
        if stat_result is not None:
            self.set_stat_headers(stat_result)

    # Opening.

    def prepare(self, scope: Scope) -> None:
        """Do the blocking work for the next call now; for callers already in a worker thread."""
        self._prepared = self._open(scope)

    async def open(self, scope: Scope) -> FileDelivery:
        """Make the plan and open the file if it is needed."""
        if self.stat_result is not None:
            # With a known stat result nothing need be opened for a HEAD, a 304 or a path to send.
            require_regular(self.path, self.stat_result)
            delivery = self.unopened(scope, self.make_plan(scope, self.stat_result))
            if delivery is not None:
                return delivery
        from armillary.concurrency import FILES

        return await FILES.run(partial(self._open, scope))

    def unopened(self, scope: Scope, plan: FilePlan) -> FileDelivery | None:
        """Return the delivery if it needs neither an open file nor the current directory, else None."""
        if not plan.needs_file:
            return FileDelivery(plan)
        if plan.status != 206 and self.offers_pathsend(scope):
            path = os.fspath(self.path)
            if os.path.isabs(path):
                return FileDelivery(plan, path=path)
        return None

    def offers_pathsend(self, scope: Scope) -> bool:
        """Return whether the server can send a whole file by its path."""
        return _offers(scope, "http.response.pathsend")

    def open_file(self) -> OpenFile:
        """Open the file. Called in a worker thread; override it to check what is opened, or what is read."""
        return OpenFile(self.path) if self.allows_changes else UnchangedFile(self.path)

    def _open(self, scope: Scope) -> FileDelivery:
        for _ in range(_MAX_ATTEMPTS - 1):
            try:
                return self._open_once(scope)
            except FileReplaced:  # nothing is sent yet, so the file can be opened as it is now
                continue
        return self._open_once(scope)

    def _open_once(self, scope: Scope) -> FileDelivery:
        file = self.open_file()
        try:
            delivery = self._begin(file, scope)
        except BaseException:
            file.close()
            raise
        if delivery.file is None:
            file.close()
        return delivery

    def _begin(self, file: OpenFile, scope: Scope) -> FileDelivery:
        plan = self.make_plan(scope, self.stat_result or file.stat)
        delivery = self.unopened(scope, plan)
        if delivery is not None:
            return delivery
        if plan.status != 206 and self.offers_pathsend(scope):
            return FileDelivery(plan, path=os.path.abspath(self.path))
        if _offers(scope, "http.response.zerocopysend"):
            return FileDelivery(plan, _ThreadReader(file), zero_copy=file.raw())
        span = plan.parts[0].span
        first = file.read(span.start, min(self.chunk_size, span.stop - span.start))
        if len(plan.parts) == 1 and len(first) == span.stop - span.start:
            return FileDelivery(plan, first=first)
        return FileDelivery(plan, _ThreadReader(file), first)

    # Sending.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file or the requested ranges, then await the background work."""
        is_websocket = scope["type"] == "websocket"
        if is_websocket:
            send = denial_response_send(scope, send, self.denial_without_extension)
        delivery, self._prepared = self._prepared, None
        if delivery is None:
            delivery = await self.open(scope)
        try:
            plan = delivery.plan
            await send({"type": "http.response.start", "status": plan.status, "headers": plan.headers})
            record_response_start(scope, send)
            if delivery.file is None or is_websocket or send_raises_after_disconnect(scope):
                await self.send_body(delivery, send)
            else:
                await run_until(partial(self.send_body, delivery, send), partial(until_disconnect, scope, receive))
        finally:
            if delivery.zero_copy is not None:
                delivery.zero_copy.close()
            if delivery.file is not None:
                delivery.file.close()
        if self.background is not None:
            await self.background()

    async def send_body(self, delivery: FileDelivery, send: Send) -> None:
        """Send the delivery, to the end of the body."""
        plan = delivery.plan
        if delivery.path is not None:
            await self.send_message(send, {"type": "http.response.pathsend", "path": delivery.path})
        elif delivery.file is None:
            body = delivery.first or plan.closing
            await self.send_message(send, _body_message(body, False))
        else:
            await self._send_parts(delivery, delivery.file, send)

    async def _send_parts(self, delivery: FileDelivery, file: FileReader, send: Send) -> None:
        from armillary.concurrency import FairTurn

        turn = FairTurn()

        async def send_fairly(message: Message) -> None:
            await self.send_message(send, message)
            if turn.is_due():  # a reader need not wait, nor does a server that reads the file itself
                await turn.give()

        plan, first = delivery.plan, delivery.first
        last = plan.parts[-1]
        for part in plan.parts:
            if part.before:
                await send_fairly(_body_message(part.before, True))
            more = part is not last or bool(part.after or plan.closing)
            if delivery.zero_copy is not None:
                await send_fairly(_zero_copy_message(delivery.zero_copy, part.span, more))
            else:
                await self._send_span(send_fairly, file, part.span, first, more)
            first = b""
            if part.after:
                await send_fairly(_body_message(part.after, True))
        if plan.closing:
            await send_fairly(_body_message(plan.closing, False))

    async def _send_span(self, send: Send, file: FileReader, span: ByteRange, first: bytes, more: bool) -> None:
        offset, stop = span
        chunk = first
        while offset < stop:
            chunk = chunk or await file.read(offset, min(self.chunk_size, stop - offset))
            if not chunk:
                raise RuntimeError(f"File at path {os.fspath(self.path)} is shorter than expected.")
            offset += len(chunk)
            await send(_body_message(chunk, more or offset < stop))
            chunk = b""

    async def send_message(self, send: Send, message: Message) -> None:
        """Send one message of the body; a broken connection is a `ClientDisconnect`."""
        try:
            await send(message)
        except OSError as exc:
            raise ClientDisconnect("the client disconnected during the response") from exc


def _offers(scope: Scope, extension: str) -> bool:
    return scope["type"] == "http" and extension in (scope.get("extensions") or ())


def _body_message(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _zero_copy_message(file: FileIO, span: ByteRange, more: bool) -> dict[str, Any]:
    count = span.stop - span.start
    return {
        "type": "http.response.zerocopysend",
        "file": file,
        "offset": span.start,
        "count": count,
        "more_body": more,
    }
