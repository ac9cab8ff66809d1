"""`starlette.responses`."""

from __future__ import annotations

import json
from typing import Any

from armillary import http as native
from armillary.http import AsyncContentStream, Content, ContentStream, SyncContentStream

from ._file_response import FileResponse
from ._response import Response
from ._streaming_response import StreamingResponse

__all__ = [
    "AsyncContentStream",
    "Content",
    "ContentStream",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "MalformedRangeHeader",
    "PlainTextResponse",
    "RangeNotSatisfiable",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "SyncContentStream",
]

_dumps = json.dumps


class HTMLResponse(native.HTMLResponse, Response):
    """A response of HTML."""


class PlainTextResponse(native.PlainTextResponse, Response):
    """A response of plain text."""


class JSONResponse(native.JSONResponse, Response):
    """A response of JSON; a `json.dumps` that was replaced is called, as Starlette's calls it."""

    def render(self, content: Any) -> bytes:
        if json.dumps is _dumps:
            return type(self).encoder(content)
        text: str = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":"))
        return text.encode("utf-8")


class RedirectResponse(native.RedirectResponse, Response):
    """A redirect."""


class MalformedRangeHeader(native.MalformedRange):
    """A Range header that gets a 400."""

    @property
    def content(self) -> str:
        """The error message."""
        return str(self) or "Malformed range header."


class RangeNotSatisfiable(native.UnsatisfiableRange):
    """A Range header that gets a 416."""

    @property
    def max_size(self) -> int:
        """The length of the content in bytes."""
        size: int = self.args[0]
        return size
