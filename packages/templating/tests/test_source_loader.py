"""The files of templates are read where the program starts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest

from armillary.http import Request, Response
from armillary.templating import Jinja2Templates, _source_loader as source_loader

pytestmark = pytest.mark.anyio

Pages = Callable[..., Path]
Serve = Callable[..., Any]


def page(templates: Jinja2Templates, name: str, **more: Any) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return templates.TemplateResponse(request, name, {"name": "Vega"}, **more)

    return endpoint


def streamed(templates: Jinja2Templates, name: str) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return templates.StreamingTemplateResponse(request, name, {"name": "Vega"})

    return endpoint


FILES = {
    "base__html": "<p>{% block body %}{% endblock %}</p>",
    "part__html": "{{ name }}",
    "page__html": "{% extends 'base.html' %}{% block body %}{% include './part.html' %}{% endblock %}",
}


@pytest.mark.parametrize("enable_async", [False, True])
async def test_a_first_use_reads_no_file(pages: Pages, serve: Serve, enable_async: bool) -> None:
    folder = pages(**FILES)
    made = [Jinja2Templates(folder, auto_reload=False, enable_async=enable_async) for _ in range(3)]
    shutil.rmtree(folder)
    assert (await serve(page(made[0], "page.html"))).text == "<p>Vega</p>"
    assert (await serve(page(made[1], "page.html", block="body"))).text == "Vega"
    assert (await serve(streamed(made[2], "page.html"))).text == "<p>Vega</p>"


async def test_a_file_that_changed_before_its_first_use_is_read_again(pages: Pages, serve: Serve) -> None:
    folder = pages(**FILES)
    templates = Jinja2Templates(folder)
    (folder / "part.html").write_text("changed")
    os.utime(folder / "part.html", (1, 1))
    assert (await serve(page(templates, "page.html"))).text == "<p>changed</p>"
    (folder / "part.html").write_text("changed again")
    os.utime(folder / "part.html", (2, 2))
    assert (await serve(page(templates, "page.html"))).text == "<p>changed again</p>"


async def test_a_file_that_is_removed_is_not_found_any_more(pages: Pages, serve: Serve) -> None:
    folder = pages(**FILES)
    templates = Jinja2Templates(folder)
    (folder / "part.html").unlink()
    for _ in range(2):
        with pytest.raises(jinja2.TemplateNotFound):
            await serve(page(templates, "part.html"))


@pytest.mark.parametrize("auto_reload", [False, True])
async def test_a_file_that_was_made_later_is_found(pages: Pages, serve: Serve, auto_reload: bool) -> None:
    folder = pages(**FILES)
    templates = Jinja2Templates(folder, auto_reload=auto_reload)
    (folder / "later.html").write_text("later")
    assert (await serve(page(templates, "later.html"))).text == "later"


async def test_filters_that_are_added_after_the_files_were_read_are_known(pages: Pages, serve: Serve) -> None:
    templates = Jinja2Templates(pages(loud__html="{{ name | loud }}"), auto_reload=False)
    templates.env.filters["loud"] = str.upper
    assert (await serve(page(templates, "loud.html"))).text == "VEGA"


async def test_files_that_are_no_templates_are_in_nobodys_way(pages: Pages, serve: Serve) -> None:
    folder = pages(**FILES)
    (folder / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    (folder / "broken.html").write_text("{% if %}")
    (folder / "nowhere.html").symlink_to(folder / "missing.html")
    templates = Jinja2Templates(folder, auto_reload=False)
    assert (await serve(page(templates, "page.html"))).text == "<p>Vega</p>"
    with pytest.raises(jinja2.TemplateSyntaxError, match="Expected an expression"):
        await serve(page(templates, "broken.html"))


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILES", 1), ("MAX_BYTES", 5), ("MAX_SIZE", 5)])
async def test_what_is_more_than_a_folder_of_templates_holds_is_read_when_it_is_asked_for(
    pages: Pages, serve: Serve, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(source_loader, limit, value)
    folder = pages(**FILES)
    templates = Jinja2Templates(folder, auto_reload=False)
    assert (await serve(page(templates, "page.html"))).text == "<p>Vega</p>"
    shutil.rmtree(folder)
    assert (await serve(page(templates, "page.html"))).text == "<p>Vega</p>"


async def test_files_that_are_no_text_count_towards_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_loader, "MAX_BYTES", 20)
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(b"\xff" * 10)
    opened: list[str] = []
    read = source_loader.SourceLoader.read_source
    monkeypatch.setattr(source_loader.SourceLoader, "read_source", lambda *args: opened.append(args[2]) or read(*args))
    Jinja2Templates(tmp_path)
    assert len(opened) == 2


async def test_the_first_folder_wins_also_in_the_folders_below(tmp_path: Path, serve: Serve) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder / "mail").mkdir(parents=True)
        (tmp_path / folder / "mail" / "both.txt").write_text(folder)
    templates = Jinja2Templates([tmp_path / "one", tmp_path / "two"], auto_reload=False)
    assert (await serve(page(templates, "mail/both.txt"))).text == "one"
