from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary.http import Request, Response
from armillary.templating import Jinja2Templates

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
Serve = Callable[..., Any]


async def rows() -> Any:
    for number in range(3):
        await anyio.sleep(0)
        yield number


async def greeting() -> str:
    await anyio.sleep(0)
    return "<hello>"


async def test_template_awaits_and_iterates_on_every_event_loop(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(
        pages(page__html="{{ greeting() }}{% for row in rows() %}{{ row }}{% endfor %}"), enable_async=True
    )

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html", {"rows": rows, "greeting": greeting})

    sent = await serve(page, extensions={"http.response.debug": {}})
    assert sent.text == "&lt;hello&gt;012"
    assert sent.headers["content-length"] == str(len(sent.text))
    assert sent.debug[0]["template"].name == "page.html"


async def test_failure_while_rendering_is_raised_before_anything_is_sent(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="text {{ 1 / 0 }}"), enable_async=True)

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html")

    scope: dict[str, Any] = {}
    with pytest.raises(ZeroDivisionError):
        await serve(page, armillary=scope)
    assert "started_sends" not in scope


@pytest.mark.parametrize("enable_async", [False, True])
async def test_large_page_is_sent_in_pieces(enable_async: bool, pages: Pages, serve: Serve) -> None:
    source = "{% for row in range(5000) %}<li>{{ row }}</li>\n{% endfor %}"
    templates = Jinja2Templates(pages(page__html=source), enable_async=enable_async)

    async def page(request: Request) -> Response:
        return templates.StreamingTemplateResponse(request, "page.html")

    sent = await serve(page, extensions={"http.response.debug": {}})
    assert sent.text == "".join(f"<li>{row}</li>\n" for row in range(5000))
    assert 2 < len(sent.pieces) < 20
    assert "content-length" not in sent.headers
    assert sent.headers["content-type"] == "text/html; charset=utf-8"
    assert sent.debug[0]["template"].name == "page.html"


@pytest.mark.parametrize("enable_async", [False, True])
async def test_failure_in_the_first_piece_of_a_stream_is_raised_before_the_start(
    enable_async: bool, pages: Pages, serve: Serve
) -> None:
    templates = Jinja2Templates(pages(page__html="text {{ 1 / 0 }}"), enable_async=enable_async)

    async def page(request: Request) -> Response:
        return templates.StreamingTemplateResponse(request, "page.html")

    record: dict[str, Any] = {}
    with pytest.raises(ZeroDivisionError):
        await serve(page, armillary=record)
    assert "started_sends" not in record


@pytest.mark.parametrize("enable_async", [False, True])
async def test_empty_page_is_streamed_too(enable_async: bool, pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html=""), enable_async=enable_async)

    async def page(request: Request) -> Response:
        return templates.StreamingTemplateResponse(request, "page.html")

    assert (await serve(page)).text == ""
