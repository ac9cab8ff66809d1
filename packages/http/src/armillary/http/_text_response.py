"""Text responses."""

from __future__ import annotations

from ._response import Response


class PlainTextResponse(Response):
    """A plain-text response.

    >>> PlainTextResponse("hello").headers["content-type"]
    'text/plain; charset=utf-8'
    """

    media_type: str | None = "text/plain"


class HTMLResponse(Response):
    """An HTML response; nothing is escaped.

    >>> HTMLResponse("<p>hello</p>").headers["content-type"]
    'text/html; charset=utf-8'
    """

    media_type: str | None = "text/html"
