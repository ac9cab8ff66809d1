"""The debug page of an error in a template shows the template's own lines."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.http import Request, Response
from armillary.routing import Route
from armillary.templating import Jinja2Templates
from armillary.testing import TestClient


def debug_page(directory: Path, source: str, **options: Any) -> str:
    (directory / "page.html").write_text(source)
    templates = Jinja2Templates(directory, **options)

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html", {"zero": 0})

    client = TestClient(Armillary(debug=True, routes=[Route("/", page)]), raise_server_exceptions=False)
    response = client.get("/", headers={"accept": "text/html"})
    assert response.status_code == 500
    return response.text


@pytest.mark.parametrize("enable_async", [False, True])
def test_failing_expression_is_shown_among_its_lines(enable_async: bool, tmp_path: Path) -> None:
    before, at, after = token_hex(8), token_hex(8), token_hex(8)
    source = f"<h1>{before}</h1>\n<p>{at} {{{{ 1 / zero }}}}</p>\n<p>{after}</p>\n"
    page = debug_page(tmp_path, source, enable_async=enable_async)
    assert "ZeroDivisionError" in page
    assert str(tmp_path / "page.html") in page
    assert all(marker in page for marker in (before, at, after))


def test_syntax_error_is_shown_among_its_lines(tmp_path: Path) -> None:
    before, at = token_hex(8), token_hex(8)
    page = debug_page(tmp_path, f"<h1>{before}</h1>\n{{% if zero %}}\n<p>{at}</p>\n{{% endfor %}}\n")
    assert "TemplateSyntaxError" in page
    assert str(tmp_path / "page.html") in page
    assert all(marker in page for marker in (before, at))


def test_source_of_a_template_is_escaped_on_the_page(tmp_path: Path) -> None:
    marker = token_hex(8)
    page = debug_page(tmp_path, f"<script>{marker}</script>{{{{ 1 / zero }}}}\n")
    assert f"&lt;script&gt;{marker}" in page
    assert f"<script>{marker}" not in page
