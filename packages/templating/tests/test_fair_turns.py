"""A page that is streamed without ever waiting leaves the event loop to others."""

from __future__ import annotations

from pathlib import Path

import pytest
from testkit import is_fair, longest_run

from armillary.http import Request
from armillary.templating import Jinja2Templates

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("enable_async", [True, False])
async def test_a_streamed_page(tmp_path: Path, enable_async: bool) -> None:
    (tmp_path / "page.html").write_text("{% for row in rows %}{{ row }}{% endfor %}")
    templates = Jinja2Templates(tmp_path, enable_async=enable_async)
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    endless = iter(lambda: "x" * 16 * 1024, None)
    assert is_fair(await longest_run(templates.StreamingTemplateResponse(request, "page.html", {"rows": endless})))
