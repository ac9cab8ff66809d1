from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest

from armillary.datastructures import URL
from armillary.http import Request, Response
from armillary.templating import Jinja2Templates, TemplateResponse

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
Serve = Callable[..., Any]


def endpoint(templates: Jinja2Templates, name: str, *args: Any, **kwargs: Any) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, name, *args, **kwargs)

    return page


async def test_page_is_html_with_its_length(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(hello__html="<p>{{ name }} — {{ request.url.path }}</p>"))
    sent = await serve(endpoint(templates, "hello.html", {"name": "Vega"}, 201, {"x-a": "b"}))
    assert (sent.status, sent.text) == (201, "<p>Vega — /</p>")
    assert sent.headers["content-type"] == "text/html; charset=utf-8"
    assert sent.headers["content-length"] == str(len(sent.text.encode()))
    assert sent.headers["x-a"] == "b"


@pytest.mark.parametrize("name", ["page.html", "page.html.j2", "page.jinja", "page.txt", "page", "mail/page.txt"])
async def test_everything_is_escaped_whatever_its_extension(name: str, tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / name).write_text("{{ name }}")
    sent = await serve(endpoint(Jinja2Templates(tmp_path), name, {"name": "<script>'\""}))
    assert sent.text == "&lt;script&gt;&#39;&#34;"


async def test_named_patterns_are_not_escaped(tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "mail").mkdir()
    for name in ("mail/a.txt", "a.txt"):
        (tmp_path / name).write_text("{{ name }}")
    templates = Jinja2Templates(tmp_path, unescaped=["mail/*.txt"])
    assert (await serve(endpoint(templates, "mail/a.txt", {"name": "<"}))).text == "<"
    assert (await serve(endpoint(templates, "a.txt", {"name": "<"}))).text == "&lt;"


async def test_directories_are_searched_in_order(tmp_path: Path, serve: Serve) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.html").write_text(folder)
        (tmp_path / folder / "both.html").write_text(folder)
    templates = Jinja2Templates([tmp_path / "one", str(tmp_path / "two")])
    assert [(await serve(endpoint(templates, f"{name}.html"))).text for name in ("one", "two", "both")] == [
        *("one", "two", "one")
    ]


async def test_processors_give_variables_and_the_endpoint_wins(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(
        pages(page__html="{{ user }} {{ place }}"),
        context_processors=[lambda request: {"user": "anonymous", "place": request.url.path}],
    )
    given = {"user": "vega"}
    sent = await serve(endpoint(templates, "page.html", given))
    assert sent.text == "vega /"
    assert given == {"user": "vega"}


async def test_test_client_sees_template_and_context(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(page__html="x"))
    sent = await serve(endpoint(templates, "page.html", {"a": 1}), extensions={"http.response.debug": {}})
    assert sent.debug[0]["template"].name == "page.html"
    assert set(sent.debug[0]["context"]) == {"request", "a"}
    assert (await serve(endpoint(templates, "page.html"))).debug == []


async def test_url_for_uses_the_router_of_the_request(pages: Pages, serve: Serve) -> None:
    class Router:
        def url_path_for(self, name: str, /, **path_params: Any) -> Any:
            from armillary.datastructures import URLPath

            return URLPath(f"/{name}/{path_params['id']}", "http")

    templates = Jinja2Templates(pages(page__html="{{ url_for('star', id=7) }}"))
    assert (await serve(endpoint(templates, "page.html"), router=Router())).text == "http://site.example/star/7"


async def test_own_environment_is_used_as_it_is(serve: Serve) -> None:
    env = jinja2.Environment(loader=jinja2.DictLoader({"a": "{{ '<' }}{{ url_for() }}"}))
    env.globals["url_for"] = lambda: "mine"
    assert (await serve(endpoint(Jinja2Templates(env=env), "a"))).text == "<mine"


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({}, ValueError, "either directory= or env="),
        ({"directory": "x", "env": jinja2.Environment()}, ValueError, "either directory= or env="),
        ({"directory": "x", "unescaped": "*.txt"}, TypeError, "unescaped takes a list"),
        ({"directory": "x", "static": "static"}, TypeError, "static='static' must have a method version"),
        ({"env": jinja2.Environment(), "enable_async": True}, ValueError, "set them on the environment"),
    ],
)
async def test_bad_configuration_says_what_to_do(
    arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        Jinja2Templates(**arguments)


async def test_async_context_processor_is_rejected_at_construction() -> None:
    async def processor(request: Request) -> dict[str, Any]:
        return {}

    with pytest.raises(TypeError, match="context_processors holds"):
        Jinja2Templates("x", context_processors=[processor])  # type: ignore[list-item]


async def test_missing_and_broken_templates_raise_in_the_endpoint(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(broken__html="line 1\n{% if %}", fails__html="{{ 1 / 0 }}"))
    with pytest.raises(jinja2.TemplateNotFound):
        await serve(endpoint(templates, "nope.html"))
    with pytest.raises(jinja2.TemplateSyntaxError) as caught:
        await serve(endpoint(templates, "broken.html"))
    assert caught.value.lineno == 2
    with pytest.raises(ZeroDivisionError):
        await serve(endpoint(templates, "fails.html"))


async def test_template_rendered_without_a_request_says_so(pages: Pages) -> None:
    templates = Jinja2Templates(pages(page__html="{{ url_for('x') }}"))
    with pytest.raises(RuntimeError, match="rendered without a request"):
        templates.get_template("page.html").render()


async def test_background_work_runs_after_the_page(pages: Pages, serve: Serve) -> None:
    ran: list[str] = []

    async def work() -> None:
        ran.append("done")

    templates = Jinja2Templates(pages(page__html="x"))
    await serve(endpoint(templates, "page.html", background=work))
    assert ran == ["done"]


async def test_response_keeps_template_and_context(pages: Pages) -> None:
    templates = Jinja2Templates(pages(page__html="x"))
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    response = templates.TemplateResponse(request, "page.html", {"a": 1})
    assert isinstance(response, TemplateResponse)
    assert response.template.name == "page.html"
    assert response.context["a"] == 1
    assert response.body == b"x"
    assert isinstance(request.url, URL)


@pytest.mark.parametrize("auto_reload", [True, False])
async def test_without_auto_reload_no_file_is_looked_at_again(auto_reload: bool, pages: Pages, serve: Serve) -> None:
    folder = pages(page__html="one")
    templates = Jinja2Templates(folder, auto_reload=auto_reload)
    templates.get_template("page.html")
    (folder / "page.html").write_text("two")
    os.utime(folder / "page.html", (1, 1))
    assert (await serve(endpoint(templates, "page.html"))).text == ("two" if auto_reload else "one")
    (folder / "page.html").unlink()
    if auto_reload:
        with pytest.raises(jinja2.TemplateNotFound):
            await serve(endpoint(templates, "page.html"))
    else:
        assert (await serve(endpoint(templates, "page.html"))).text == "one"


def test_auto_reload_of_an_environment_is_its_own() -> None:
    with pytest.raises(ValueError, match="set them on the environment"):
        Jinja2Templates(env=jinja2.Environment(), auto_reload=False)
