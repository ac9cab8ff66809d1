"""Redoc, from the released file in armillary-redoc or one that the program brings."""

from __future__ import annotations

from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, Final

from armillary.http import Request, Response
from armillary.routing import Route

from ._packed_files import PackedFiles
from ._page import Documented, content_security_policy, page_response, relative_url

PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<redoc spec-url="{document}"></redoc>
<script type="module" src="{script}"></script>
</body>
</html>
"""


class Redoc:
    """Redoc, which shows a document for reading; nothing is loaded from another host.

    Redoc adds style elements, so the page's policy allows these.

    Args:
        path: of the page; its file is below it.
        title: of the page; by default that of the document.
        script: a file of Redoc that you bring, such as `bundles/redoc.standalone.js` of `npm pack redoc@3`; by default
            the one in armillary-redoc, which the extra `redoc` brings.

    Raises:
        ImportError: there is no `script`, and armillary-redoc is not installed.
        ValueError: the path does not start with "/" or ends with one, or there is no such file.
    """

    def __init__(
        self, path: str = "/redoc", *, title: str | None = None, script: str | PathLike[str] | None = None
    ) -> None:
        if not path.startswith("/") or path.endswith("/"):
            raise ValueError(f"path must start with '/' and not end with one, got {path!r}; write '/redoc'")
        self.script: Path
        self.version: str | None
        self.script, self.version = packaged_script() if script is None else (Path(script), None)
        if not self.script.is_file():
            raise ValueError(
                f"script: there is no file {self.script}; npm pack redoc@3 has bundles/redoc.standalone.js"
            )
        self.path = path
        self.title = title

    def routes(self, documented: Documented) -> list[Route]:
        """Return the routes of the page and of its file."""
        name = self.script.name.removesuffix(".gz")
        files = PackedFiles(self.script.parent, {name: "text/javascript"}, kept=self.version is not None)
        script = f"{self.path.rpartition('/')[2]}/{name}" + (f"?v={self.version}" if self.version else "")

        async def show_page(request: Request[Any]) -> Response:
            document = documented.document()
            assert documented.path is not None  # which pages need
            text = PAGE.format(
                title=escape(self.title or str(document["info"]["title"])),
                document=escape(relative_url(documented.path, self.path)),
                script=escape(script),
            )
            return page_response(text, content_security_policy(document, styles="'self' 'unsafe-inline'"))

        return [
            Route(self.path, show_page, include_in_schema=False, name="redoc"),
            Route(f"{self.path}/{{file}}", files.show, include_in_schema=False, name="redoc_file"),
        ]


def packaged_script() -> tuple[Path, str]:
    """Return the file in armillary-redoc, and the version of Redoc.

    Raises:
        ImportError: the package is not installed.
    """
    try:
        from armillary.redoc import SCRIPT, VERSION
    except ImportError as exc:
        raise ImportError(
            "Redoc() needs Redoc's file: pip install 'armillary-openapi[redoc]', or name yours by script="
        ) from exc
    return SCRIPT, VERSION
