"""Swagger UI, from the released files inside the package."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Final

from armillary.http import Request, Response
from armillary.routing import Route

from ._packed_files import PackedFiles
from ._page import Documented, content_security_policy, page_response, relative_url

FOLDER: Final = Path(__file__).parent / "swagger_ui"

FILES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "page.js": "text/javascript",
    "oauth2-redirect.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}

PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="{files}/favicon-32x32.png?v={version}">
<link rel="stylesheet" href="{files}/swagger-ui.css?v={version}">
</head>
<body>
<div id="swagger-ui" data-settings="{settings}"></div>
<script src="{files}/swagger-ui-bundle.js?v={version}"></script>
<script src="{files}/page.js?v={version}"></script>
</body>
</html>
"""

REDIRECT_PAGE: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Signed in</title></head>
<body><script src="oauth2-redirect.js?v={version}"></script></body></html>
"""


class SwaggerUI:
    """Swagger UI, which shows a document and sends requests; nothing is loaded from another host.

    The page's policy lets it send requests only to its own origin, to the servers that the document names and to
    the token URLs of its OAuth flows. Sign-in by OAuth returns to `<path>/oauth2-redirect`, the redirect URI to
    register with the provider.

    Args:
        path: of the page; its files are below it.
        title: of the page; by default that of the document.
        oauth: settings of sign-in by OAuth: `clientId`, `scopes`, `usePkceWithAuthorizationCodeGrant` and the like.
        options: other settings of Swagger UI, such as `{"docExpansion": "none", "persistAuthorization": True}`.

    Raises:
        ValueError: the path does not start with "/" or ends with one.
    """

    def __init__(
        self,
        path: str = "/docs",
        *,
        title: str | None = None,
        oauth: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if not path.startswith("/") or path.endswith("/"):
            raise ValueError(f"path must start with '/' and not end with one, got {path!r}; write '/docs'")
        self.path = path
        self.title = title
        self.oauth = oauth
        self.options: dict[str, Any] = dict(options or {})
        self.version: str = swagger_ui_version()  # read where a program starts

    def routes(self, documented: Documented) -> list[Route]:
        """Return the routes of the page, of its files and of the end of a sign-in."""
        files = PackedFiles(FOLDER, FILES)
        return [
            Route(self.path, self._page_of(documented), include_in_schema=False, name="swagger_ui"),
            Route(f"{self.path}/oauth2-redirect", show_redirect, include_in_schema=False, name="swagger_ui_redirect"),
            Route(f"{self.path}/{{file}}", files.show, include_in_schema=False, name="swagger_ui_file"),
        ]

    def _page_of(self, documented: Documented) -> Callable[[Request[Any]], Coroutine[Any, Any, Response]]:
        async def show_page(request: Request[Any]) -> Response:
            document = documented.document()
            assert documented.path is not None  # which pages need
            name = self.path.rpartition("/")[2]
            settings: dict[str, Any] = {
                "document": relative_url(documented.path, self.path),
                "redirect": f"{name}/oauth2-redirect",
                "options": self.options,
                "oauth": self.oauth,
            }
            text = PAGE.format(
                title=escape(self.title or str(document["info"]["title"])),
                files=escape(name),
                version=self.version,
                settings=escape(json.dumps(settings)),
            )
            return page_response(text, content_security_policy(document))

        return show_page


async def show_redirect(request: Request[Any]) -> Response:
    """Respond with the page to which a provider returns after a sign-in; its script informs the page that opened it."""
    policy = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return page_response(REDIRECT_PAGE.format(version=swagger_ui_version()), policy)


@lru_cache(1)
def swagger_ui_version() -> str:
    """Return the version of the Swagger UI inside this package; its first call reads a file."""
    packages: dict[str, str] = json.loads((FOLDER / "versions.json").read_text(encoding="utf-8"))["packages"]
    return packages["swagger-ui-dist"]
