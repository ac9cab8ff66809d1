from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.datastructures import URLPath
from armillary.http import Request, Response
from armillary.templating import Jinja2Templates

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
Serve = Callable[..., Any]


class StaticRouter:
    """Knows one mount, called by any name."""

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        return URLPath(f"/{name}/{path_params['path'].lstrip('/')}", "http")


class Versions:
    def version(self, path: str) -> str | None:
        return {"css/site.css": "abc123"}.get(path)


def showing(templates: Jinja2Templates) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html")

    return page


async def test_static_url_carries_the_version_of_the_content(pages: Pages, serve: Serve) -> None:
    source = "{{ static_url('css/site.css') }} {{ static_url('/css/site.css') }} {{ static_url('missing.js') }}"
    templates = Jinja2Templates(pages(page__html=source), static=Versions())
    sent = await serve(showing(templates), router=StaticRouter())
    known = "http://site.example/static/css/site.css?v=abc123"
    assert sent.text == f"{known} {known} http://site.example/static/missing.js"


async def test_static_route_may_be_named_otherwise_and_versions_left_out(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="{{ static_url('a.css') }}"), static_route="assets")
    assert (await serve(showing(templates), router=StaticRouter())).text == "http://site.example/assets/a.css"


async def test_nonce_and_token_come_from_the_scope_record(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="{{ csp_nonce() }}|{{ csrf_token() }}|{{ csrf_field() }}"))
    record = {"csp_nonce": "n0nce", "csrf_token": 't"k'}
    sent = await serve(showing(templates), armillary=record)
    field = '<input type="hidden" name="csrf_token" value="t&#34;k">'
    assert sent.text == f"n0nce|t&#34;k|{field}"


async def test_nonce_and_token_are_empty_if_nothing_set_them(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="[{{ csp_nonce() }}{{ csrf_token() }}{{ csrf_field() }}]"))
    assert (await serve(showing(templates))).text == "[]"


async def test_form_field_has_the_name_that_the_middleware_looks_for(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="{{ csrf_field() }}"))
    sent = await serve(showing(templates), armillary={"csrf_token": "x", "csrf_field": "_token"})
    assert sent.text == '<input type="hidden" name="_token" value="x">'


async def test_form_field_may_be_named_otherwise(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="{{ csrf_field('token') }}"))
    sent = await serve(showing(templates), armillary={"csrf_token": "x"})
    assert sent.text == '<input type="hidden" name="token" value="x">'


async def test_imported_macros_can_call_them_when_given_the_context(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(
        pages(
            macros__html="{% macro form() %}{{ csrf_token() }}{% endmacro %}",
            page__html="{% import 'macros.html' as m with context %}{{ m.form() }}",
        )
    )
    assert (await serve(showing(templates), armillary={"csrf_token": "x"})).text == "x"


@pytest.mark.parametrize("enable_async", [False, True])
@pytest.mark.parametrize(
    "importing",
    ["{% from 'macros.html' import link %}{{ link() }}", "{% import 'macros.html' as macros %}{{ macros.link() }}"],
)
@pytest.mark.parametrize("call", ["url_for('x')", "static_url('x')", "csp_nonce()", "csrf_token()", "csrf_field()"])
async def test_a_macro_imported_without_the_context_says_how_to_import_it(
    pages: Pages, serve: Serve, importing: str, call: str, enable_async: bool
) -> None:
    macros = "{% macro link() %}{{ " + call + " }}{% endmacro %}{% macro _own() %}{% endmacro %}"
    templates = Jinja2Templates(pages(macros__html=macros, page__html=importing), enable_async=enable_async)
    with pytest.raises(RuntimeError) as raised:
        await serve(showing(templates))
    assert '{% from "macros.html" import link with context %}' in str(raised.value)


@pytest.mark.parametrize("name", ["csp_nonce", "csrf_token", "csrf_field"])
@pytest.mark.parametrize("source", ["{{ name }}", "{{ name ~ '' }}", "{% if name == '' %}{% endif %}{{ name }}"])
async def test_a_function_written_without_calling_it_says_so(
    pages: Pages, serve: Serve, source: str, name: str
) -> None:
    templates = Jinja2Templates(pages(page__html=source.replace("name", name)))
    with pytest.raises(TypeError, match=rf"{name} is a function: write {{{{ {name}\(\) }}}}"):
        await serve(showing(templates), armillary={"csrf_token": "x"})


async def test_a_template_without_macros_says_nothing_of_them(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="{{ csrf_token() }}"))
    with pytest.raises(RuntimeError, match=r"rendered without a request; .* TemplateResponse") as raised:
        templates.get_template("page.html").render()
    assert "import" not in str(raised.value)
