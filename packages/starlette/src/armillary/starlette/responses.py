"""`starlette.responses`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from armillary import http as native
from armillary.http import AsyncContentStream, Background, Content, ContentStream, SyncContentStream
from armillary.serialization import JSONEncoder, encode_plain_json

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
    """A response of JSON: of what `json.dumps` takes by itself.

    A `json.dumps` that was replaced is called, as Starlette's calls it.
    """

    encoder: ClassVar[JSONEncoder] = staticmethod(encode_plain_json)

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> None:
        super().__init__(content, status_code, headers, media_type, background)

    def render(self, content: Any) -> bytes:
        if json.dumps is _dumps:
            return type(self).encoder(content)
        text: str = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":"))
        return text.encode("utf-8")


class RedirectResponse(native.RedirectResponse, Response):
    """A redirect."""


class MalformedRangeHeader(Exception):
    """A Range header that gets a 400.

    Args:
        content: the error message.
    """

    def __init__(self, content: str = "Malformed range header.") -> None:
        super().__init__(content)
        self.content = content


class RangeNotSatisfiable(Exception):
    """A Range header that gets a 416.

    Args:
        max_size: the length of the content in bytes.
    """

    def __init__(self, max_size: int) -> None:
        super().__init__(max_size)
        self.max_size = max_size
