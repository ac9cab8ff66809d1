"""The GraphiQL page, from files inside this package."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from armillary.concurrency import run_in_threadpool
from armillary.http import Request, Response, packed_response

from .._operation import RequestRejected

FILES = Path(__file__).parents[1] / "graphiql"

ASSETS = {
    "graphiql.js": "text/javascript",
    "graphiql.css": "text/css",
    "editor.worker.js": "text/javascript",
    "graphql.worker.js": "text/javascript",
    "json.worker.js": "text/javascript",
}

# The editor makes style elements, which get the nonce, and lines with style attributes, which cannot have one.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",
        "style-src-attr 'unsafe-inline'",
        "worker-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}

_FILE_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'",  # a worker has its own: it computes, and reaches nothing
    "x-content-type-options": "nosniff",
}

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="?{parameter}=graphiql.css&amp;v={version}">
</head>
<body>
<div id="graphiql">Loading</div>
<script nonce="{nonce}" src="?{parameter}=graphiql.js&amp;v={version}"></script>
</body>
</html>
"""


class IDE:
    """Serves the page and its files.

    Args:
        shown: True or False; None to show it only in debug mode.
        title: the title of the page.
    """

    asset_parameter = "graphiql"

    def __init__(self, shown: bool | None, title: str) -> None:
        self._shown = shown
        self._title = title

    async def get_response(self, request: Request[Any], asset: str | None, debug: bool) -> Response:
        """Return the page, or one of its files.

        Raises:
            RequestRejected: 404, the page is off, or there is no such file.
        """
        if not (debug if self._shown is None else self._shown):
            raise RequestRejected(404, "There is no page here; send a GraphQL query.")
        if asset is None:
            return await run_in_threadpool(self._page_response)
        if asset not in ASSETS:
            raise RequestRejected(404, "The page has no such file.")
        content = await run_in_threadpool(packed_file, asset)
        return await packed_response(request, content, _FILE_HEADERS, ASSETS[asset])

    def _page_response(self) -> Response:
        nonce = token_urlsafe(16)
        policy = CONTENT_SECURITY_POLICY.format(nonce=nonce)
        headers = {"cache-control": "no-store", "content-security-policy": policy, **_SECURITY_HEADERS}
        return Response(self.page(nonce), headers=headers, media_type="text/html")

    def page(self, nonce: str) -> str:
        """Return the page's HTML.

        Args:
            nonce: that of the content security policy, for the style elements of the editor.
        """
        values = {"parameter": self.asset_parameter, "version": files_version(), "nonce": nonce}
        return _PAGE.format(title=escape(self._title), **values)


@cache
def packed_file(name: str) -> bytes:
    """Return one of the page's files, compressed by gzip."""
    return (FILES / f"{name}.gz").read_bytes()


@cache
def files_version() -> str:
    """Return what changes with any of the page's files: clients keep those for a year."""
    from hashlib import sha256

    return sha256((FILES / "versions.json").read_bytes()).hexdigest()[:16]
