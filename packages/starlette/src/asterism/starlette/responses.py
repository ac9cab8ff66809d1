"""`starlette.responses`."""

from __future__ import annotations

from asterism import http
from asterism.http import AsyncContentStream, Content, ContentStream, SyncContentStream

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


class HTMLResponse(http.HTMLResponse, Response):
    """A response of HTML."""


class PlainTextResponse(http.PlainTextResponse, Response):
    """A response of plain text."""


class JSONResponse(http.JSONResponse, Response):
    """A response of JSON."""


class RedirectResponse(http.RedirectResponse, Response):
    """A redirect; line breaks in its target are percent-encoded."""

    escape_line_breaks = True


class MalformedRangeHeader(http.MalformedRange):
    """A Range header that is answered with a 400."""

    @property
    def content(self) -> str:
        """What is wrong with it."""
        return str(self) or "Malformed range header."


class RangeNotSatisfiable(http.UnsatisfiableRange):
    """A Range header that is answered with a 416."""

    @property
    def max_size(self) -> int:
        """The length of the content in bytes."""
        size: int = self.args[0]
        return size
