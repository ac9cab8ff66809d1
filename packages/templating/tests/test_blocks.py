from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.http import Request, Response
from armillary.templating import Jinja2Templates

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
Serve = Callable[..., Any]

SOURCES = {
    "base__html": "<html>{% block title %}Site{% endblock %}{% block foot %}(c) {{ year }}{% endblock %}</html>",
    "middle__html": "{% extends 'base.html' %}{% block title %}{{ super() }} / Middle{% endblock %}",
    "page__html": (
        "{% extends 'middle.html' %}{% block title %}{{ super() }} / {{ name }}{% endblock %}"
        "{% block rows %}{% for row in rows %}<li>{{ row }}</li>{% endfor %}{% endblock %}"
    ),
}


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def templates(request: pytest.FixtureRequest, pages: Pages) -> Jinja2Templates:
    return Jinja2Templates(pages(**SOURCES), enable_async=request.param)


def block(templates: Jinja2Templates, name: str, /, **variables: Any) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html", variables, block=name)

    return page


async def test_one_block_is_rendered_alone(templates: Jinja2Templates, serve: Serve) -> None:
    sent = await serve(block(templates, "rows", rows=["a", "<b>"]))
    assert sent.text == "<li>a</li><li>&lt;b&gt;</li>"
    assert sent.headers["content-length"] == str(len(sent.text))


async def test_block_may_be_inherited_and_call_its_parents(templates: Jinja2Templates, serve: Serve) -> None:
    assert (await serve(block(templates, "title", name="<x>"))).text == "Site / Middle / &lt;x&gt;"
    assert (await serve(block(templates, "foot", year=2026))).text == "(c) 2026"


async def test_missing_block_names_those_there_are(templates: Jinja2Templates, serve: Serve) -> None:
    with pytest.raises(ValueError, match=r"block='nope' is not in template 'page.html'; it has: foot, rows, title"):
        await serve(block(templates, "nope"))


async def test_failure_in_a_block_is_raised_with_the_template_in_its_traceback(
    templates: Jinja2Templates, serve: Serve
) -> None:
    with pytest.raises(TypeError) as caught:
        await serve(block(templates, "rows", rows=5))
    assert any("page.html" in str(entry.path) for entry in caught.traceback)
