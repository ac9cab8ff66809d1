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


async def test_spa_serves_the_top_index_for_pages_and_a_404_for_what_is_never_served(
    site: Path, ask: Callable[..., Any]
) -> None:
    app = StaticFiles(directory=site, html="spa")
    for path in ("/users/42", "/users/jane.doe", "/deep/er/link/", "/style.css/"):
        response = await ask(app, path, headers=NAVIGATION)
        assert (response.status, response.text) == (200, "<h1>Home</h1>")
        assert response.headers["cache-control"] == "no-cache"
    for path in ("/users/../../etc/passwd", "/.env"):
        response = await ask(app, path, headers=NAVIGATION)
        assert (response.status, response.text) == (404, "<h1>Missing</h1>")
    assert (await ask(app, "/docs/")).text == "<h1>Docs</h1>"
    assert (await ask(app, "/letters.txt")).status == 200
    assert (await ask(app, "/users/42", "POST", headers=NAVIGATION)).status == 405
    assert (await ask(app, "/users/42", "HEAD", headers=NAVIGATION)).status == 200


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
NAVIGATION = {"sec-fetch-dest": "document", "accept": BROWSER}
ANY = {"accept": "*/*"}


@pytest.mark.parametrize("path", ["/users/42", "/users/ada@example.com", "/wiki/readme.md", "/files/report.pdf"])
@pytest.mark.parametrize(
    "headers",
    [
        NAVIGATION,
        {"sec-fetch-dest": "document"},
        {"sec-fetch-dest": "iframe", "accept": BROWSER},
        {"sec-fetch-dest": "frame", "accept": "*/*"},
        {"sec-fetch-dest": "empty", "accept": "text/html, application/xhtml+xml"},
        {"accept": BROWSER},
        {"accept": "text/html;charset=utf-8;q=0.9, application/json;q=0.8"},
    ],
)
async def test_spa_sends_the_page_to_who_asks_for_a_page_whatever_the_extension(
    path: str, headers: dict[str, str], site: Path, ask: Callable[..., Any]
) -> None:
    for memory in (0, 100_000):
        response = await ask(StaticFiles(directory=site, html="spa", memory=memory), path, headers=headers)
        assert (response.status, response.text) == (200, "<h1>Home</h1>")
        assert response.headers["vary"] == "accept-encoding, accept, sec-fetch-dest"


@pytest.mark.parametrize("path", ["/api/none", "/assets/chunk", "/assets/missing.js"])
@pytest.mark.parametrize(
    "headers",
    [
        *({"sec-fetch-dest": kind, "accept": "*/*"} for kind in ("empty", "script", "style", "image", "worker")),
        *({"sec-fetch-dest": kind, "accept": BROWSER} for kind in ("script", "image", "object", "embed")),
        {"sec-fetch-dest": "empty"},
        {"sec-fetch-dest": "empty", "accept": "application/json"},
        {"accept": "application/json"},
        {"accept": "application/json, text/plain, */*"},
        {"accept": "application/json, text/html;q=0.5"},
        {"accept": "text/css,*/*;q=0.1"},
        {"accept": "text/html;q=0"},
        {"accept": "image/avif,image/webp,*/*;q=0.8"},
    ],
)
async def test_spa_sends_no_page_to_who_asks_for_anything_else(
    path: str, headers: dict[str, str], site: Path, ask: Callable[..., Any]
) -> None:
    response = await ask(StaticFiles(directory=site, html="spa"), path, headers=headers)
    assert (response.status, response.text) == (404, "<h1>Missing</h1>")
    assert response.headers["vary"] == "accept-encoding, accept, sec-fetch-dest"
    (site / "404.html").unlink()
    response = await ask(StaticFiles(directory=site, html="spa"), path, headers=headers)
    assert (response.status, response.headers["vary"]) == (404, "accept, sec-fetch-dest")


@pytest.mark.parametrize("headers", [{}, ANY, {"accept": "*/*;q=0.8"}, {"accept": ""}])
async def test_spa_decides_by_the_extension_for_a_client_that_says_nothing(
    headers: dict[str, str], site: Path, ask: Callable[..., Any]
) -> None:
    app = StaticFiles(directory=site, html="spa")
    for path in ("/users/42", "/users/jane.doe"):
        assert (await ask(app, path, headers=headers)).status == 200
    for path in ("/assets/missing.js", "/logo.png"):
        assert (await ask(app, path, headers=headers)).status == 404


async def test_spa_page_in_memory_is_not_sent_to_who_asks_for_something_else(
    site: Path, ask: Callable[..., Any]
) -> None:
    app = StaticFiles(directory=site, html="spa", memory=100_000)
    for _ in range(2):
        assert (await ask(app, "/users/42", headers=NAVIGATION)).status == 200
        assert (await ask(app, "/users/42", headers={"sec-fetch-dest": "empty", "accept": "*/*"})).status == 404


async def test_spa_page_is_revalidated_by_its_tag(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html="spa")
    etag = (await ask(app, "/users/42")).headers["etag"]
    response = await ask(app, "/users/43", headers={"if-none-match": etag})
    assert (response.status, response.headers["vary"]) == (304, "accept-encoding, accept, sec-fetch-dest")


async def test_removed_file_gets_no_304(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True)
    assert (await ask(app, "/letters.txt", headers={"if-none-match": "*"})).status == 304
    (site / "letters.txt").unlink()
    assert (await ask(app, "/letters.txt", headers={"if-none-match": "*"})).status == 404
