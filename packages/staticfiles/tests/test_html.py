from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from armillary.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio


async def test_index_is_served_for_a_directory(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True)
    assert (await ask(app, "/")).text == "<h1>Home</h1>"
    assert (await ask(app, "/docs/")).text == "<h1>Docs</h1>"
    assert (await ask(app, "/empty/")).status == 404


async def test_directory_without_its_slash_is_redirected_with_the_query(site: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=site, html=True), "/docs", query_string=b"a=1&b=%2F")
    assert (response.status, response.headers["location"]) == (307, "./docs/?a=1&b=%2F")


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "//evil.example/%2e", "/%2Fevil.example", "/a:b"]
)
async def test_redirect_never_leaves_the_host(path: str, site: Path, ask: Callable[..., Any]) -> None:
    class Anything(StaticFiles):
        def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
            found = str(site / "docs" / "index.html") if path.endswith("index.html") else str(site / "docs")
            return found, os.stat(found)

    headers = {"host": "site.example"}
    response = await ask(Anything(directory=site, html=True), path, headers=headers)
    assert response.status == 307
    target = urljoin(f"https://site.example{path}", response.headers["location"])
    assert urlsplit(target).netloc == "site.example"
    assert "\\" not in response.headers["location"]


async def test_missing_page_is_the_404_page_with_its_status(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True)
    for path in ("/nope", "/nope.js", "/../x", "/.env"):
        response = await ask(app, path, headers={"if-none-match": "*", "range": "bytes=0-1"})
        assert (response.status, response.text) == (404, "<h1>Missing</h1>")


async def test_spa_serves_the_top_index_for_pages_and_a_404_for_files(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html="spa")
    for path in ("/users/42", "/users/jane.doe", "/deep/er/link/"):
        response = await ask(app, path)
        assert (response.status, response.text) == (200, "<h1>Home</h1>")
        assert response.headers["cache-control"] == "no-cache"
    for path in ("/assets/missing.js", "/logo.png", "/users/../../etc/passwd", "/.env"):
        response = await ask(app, path)
        assert (response.status, response.text) == (404, "<h1>Missing</h1>")
    assert (await ask(app, "/docs/")).text == "<h1>Docs</h1>"
    assert (await ask(app, "/letters.txt")).status == 200
    assert (await ask(app, "/users/42", "POST")).status == 405


async def test_spa_page_is_revalidated_by_its_tag(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html="spa")
    etag = (await ask(app, "/users/42")).headers["etag"]
    assert (await ask(app, "/users/43", headers={"if-none-match": etag})).status == 304


async def test_removed_file_gets_no_304(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True)
    assert (await ask(app, "/letters.txt", headers={"if-none-match": "*"})).status == 304
    (site / "letters.txt").unlink()
    assert (await ask(app, "/letters.txt", headers={"if-none-match": "*"})).status == 404
