from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.staticfiles import IMMUTABLE, StaticFiles, has_hashed_name

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "name",
    [
        "app.3f9d2c41.js",
        "style.55e7cbb9ba48.css",
        "assets/index-BdH3bPq2.js",
        "index-D_x7Fq2K.css",
        "app.3f9d2c41.js.map",
        "app.3f9d2c41.min.js",
        "font-0123456789abcdef0123456789abcdef.woff2",
    ],
)
async def test_a_name_with_a_hash_is_immutable(name: str) -> None:
    assert has_hashed_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "report-20240131.pdf",
        "photo-12345678.jpg",
        "deadbeef.js",
        "chapter-deadbeef.html",
        "my-beautiful-Document.txt",
        "IMG-20240131.jpg",
        "jquery-3.7.1.min.js",
        "app.js",
        "3f9d2c41",
        "release-Notes_v2.txt",
    ],
)
async def test_name_that_only_looks_hashed_is_not(name: str) -> None:
    assert not has_hashed_name(name)


async def test_default_policy(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True)
    assert (await ask(app, "/app.3f9d2c41.js")).headers["cache-control"] == IMMUTABLE
    assert (await ask(app, "/")).headers["cache-control"] == "no-cache"
    assert "cache-control" not in (await ask(app, "/letters.txt")).headers


async def test_policy_is_a_header_a_table_a_function_or_nothing(site: Path, ask: Callable[..., Any]) -> None:
    seen: list[str] = []

    def by_path(path: str) -> str | None:
        seen.append(path)
        return "max-age=1"

    async def header(policy: Any, path: str) -> str | None:
        value: str | None = (await ask(StaticFiles(directory=site, html=True, cache_control=policy), path)).headers.get(
            "cache-control"
        )
        return value

    assert await header("max-age=5", "/letters.txt") == "max-age=5"
    table = {"docs/*": "no-store", "*.txt": "max-age=7", "*": None}
    assert await header(table, "/docs/") == "no-store"
    assert await header(table, "/letters.txt") == "max-age=7"
    assert await header(table, "/style.css") is None
    assert await header(by_path, "/docs/index.html") == "max-age=1"
    assert seen == ["docs/index.html"]
    assert await header(None, "/app.3f9d2c41.js") is None


async def test_304_carries_the_policy_too(site: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=site), "/app.3f9d2c41.js", headers={"if-none-match": "*"})
    assert (response.status, response.headers["cache-control"]) == (304, IMMUTABLE)


async def test_url_with_the_current_version_is_immutable_and_an_old_one_is_not(
    site: Path, ask: Callable[..., Any]
) -> None:
    app = StaticFiles(directory=site, memory=100_000)
    version = app.version("style.css")
    assert version is not None
    for _ in range(2):
        response = await ask(app, "/style.css", query_string=f"v={version}".encode())
        assert response.headers["cache-control"] == IMMUTABLE
        for query in (b"", b"v=000000000000", b"v=", f"v={version}&x=1".encode()):
            assert "cache-control" not in (await ask(app, "/style.css", query_string=query)).headers
    (site / "style.css").write_text("changed")
    assert app.version("style.css") != version
    assert app.version("nope.css") is None
    assert app.version("../site/style.css") is None


async def test_path_is_that_below_its_own_directory(tmp_path: Path, ask: Callable[..., Any]) -> None:
    seen: list[str] = []

    class Two(StaticFiles):
        def get_directories(self, *args: Any) -> list[Any]:
            return [tmp_path / "static", tmp_path / "statics"]

    for folder in ("static", "statics/img"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "statics" / "img" / "a.png").write_text("a")
    app = Two(directory=tmp_path / "static", cache_control=lambda path: seen.append(path))  # type: ignore[func-returns-value]
    assert (await ask(app, "/img/a.png")).status == 200
    assert seen == ["img/a.png"]
