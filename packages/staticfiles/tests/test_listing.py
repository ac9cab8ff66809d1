from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from armillary.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio

LINK = re.compile(r'<td><a href="([^"]*)">([^<]*)</a>')


async def test_listing_is_off_unless_asked_for(site: Path, ask: Callable[..., Any]) -> None:
    assert (await ask(StaticFiles(directory=site), "/empty/")).status == 404


async def test_listing_shows_what_is_served_directories_first(site: Path, ask: Callable[..., Any]) -> None:
    (site / "leak.txt").symlink_to("/etc/hostname")
    response = await ask(StaticFiles(directory=site, listing=True), "/")
    shown = [name for _, name in LINK.findall(response.text)]
    assert shown == [
        *(".well-known/", "docs/", "empty/"),
        *("404.html", "app.3f9d2c41.js", "index.html", "letters.txt", "style.css"),
    ]
    assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_index_wins_over_the_listing_where_html_is_wanted(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, listing=True, html=True)
    assert (await ask(app, "/docs/")).text == "<h1>Docs</h1>"
    assert "<table>" in (await ask(app, "/empty/")).text


async def test_listing_without_its_slash_is_redirected(site: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=site, listing=True), "/empty")
    assert response.headers["location"] == "./empty/"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)<",
        '"onmouseover=alert(1) x="',
        "javascript:alert(1)",
        "a&b.txt",
        "50%.txt",
        "#x?y=1",
        "é '.txt",
    ],
)
async def test_hostile_names_are_escaped_and_their_links_work(
    name: str, tmp_path: Path, ask: Callable[..., Any]
) -> None:
    (tmp_path / name).write_text("content")

    class Anything(StaticFiles):
        portable_names = False

    app = Anything(directory=tmp_path, listing=True)
    page = (await ask(app, "/")).text
    assert page.count("<script") == 0
    ((target, shown),) = LINK.findall(page)
    assert unescape(shown) == name
    assert target.startswith("./")
    assert (await ask(app, "/" + unquote(unescape(target)).removeprefix("./"))).text == "content"


async def test_path_in_the_title_is_escaped(tmp_path: Path, ask: Callable[..., Any]) -> None:
    (tmp_path / "<b>").mkdir()
    page = (await ask(StaticFiles(directory=tmp_path, listing=True), "/<b>/")).text
    assert "<h1>/&lt;b&gt;/</h1>" in page
    assert '<a href="../">../</a>' in page


async def test_long_listing_is_paged(tmp_path: Path, ask: Callable[..., Any]) -> None:
    class Short(StaticFiles):
        listing_page_size = 10

    for number in range(25):
        (tmp_path / f"{number:02}.txt").write_text("")
    app = Short(directory=tmp_path, listing=True)
    first = (await ask(app, "/")).text
    last = (await ask(app, "/", query_string=b"page=3")).text
    assert [name for _, name in LINK.findall(first)] == [f"{number:02}.txt" for number in range(10)]
    assert [name for _, name in LINK.findall(last)] == [f"{number:02}.txt" for number in range(20, 25)]
    assert 'href="?page=2" rel="next"' in first
    assert 'href="?page=2" rel="prev"' in last
    for page in (b"page=4", b"page=0", b"page=-1", b"page=x", b"page=" + b"9" * 5000, "page=٣".encode()):
        assert (await ask(app, "/", query_string=page)).status == 404
