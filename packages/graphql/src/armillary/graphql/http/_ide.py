"""The GraphiQL page, from files inside this package."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from armillary.concurrency import run_in_threadpool
from armillary.http import Response

from .._operation import RequestRejected

FILES = Path(__file__).parents[1] / "graphiql"

ASSETS = {
    "react.production.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
    "graphql-ws.min.js": "text/javascript",
    "graphiql.min.js": "text/javascript",
    "graphiql.min.css": "text/css",
    "page.js": "text/javascript",
    "page.css": "text/css",
}

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="?{parameter}=graphiql.min.css&amp;v={version}">
<link rel="stylesheet" href="?{parameter}=page.css&amp;v={version}">
</head>
<body>
<div id="graphiql">Loading</div>
{scripts}
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
        self._responses: dict[str, Response] = {}

    async def get_response(self, asset: str | None, debug: bool) -> Response:
        """Return the page, or one of its files.

        Raises:
            RequestRejected: 404, the page is off, or there is no such file.
        """
        if not (debug if self._shown is None else self._shown):
            raise RequestRejected(404, "There is no page here; send a GraphQL query.")
        if asset is not None and asset not in ASSETS:
            raise RequestRejected(404, "The page has no such file.")
        name = asset or ""
        response = self._responses.get(name)
        if response is None:
            response = self._responses[name] = await run_in_threadpool(self._make, asset)
        return response

    def _make(self, asset: str | None) -> Response:
        if asset is None:
            headers = {"cache-control": "no-store", **_SECURITY_HEADERS}
            return Response(self.page(), headers=headers, media_type="text/html")
        headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
        return Response((FILES / asset).read_bytes(), headers=headers, media_type=ASSETS[asset])

    def page(self) -> str:
        """Return the page's HTML."""
        version = graphiql_version()
        scripts = "\n".join(
            f'<script src="?{self.asset_parameter}={name}&amp;v={version}"></script>'
            for name, media_type in ASSETS.items()
            if media_type == "text/javascript"
        )
        values: dict[str, Any] = {"parameter": self.asset_parameter, "version": version, "scripts": scripts}
        return _PAGE.format(title=escape(self._title), **values)


def graphiql_version() -> str:
    """Return the version of the GraphiQL inside this package."""
    from json import loads

    versions: dict[str, str] = loads((FILES / "versions.json").read_text(encoding="utf-8"))["packages"]
    return versions["graphiql"]
