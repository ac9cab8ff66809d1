from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio

LETTERS = b"abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def app(site: Path) -> StaticFiles:
    os.utime(site / "letters.txt", (1_400_000_000, 1_400_000_000))
    return StaticFiles(directory=site)


async def test_304_keeps_what_says_something_about_the_copy(app: StaticFiles, ask: Callable[..., Any]) -> None:
    whole = await ask(app, "/letters.txt")
    response = await ask(app, "/letters.txt", headers={"if-none-match": whole.headers["etag"]})
    assert (response.status, response.body) == (304, b"")
    kept = {name: value for name, value in whole.headers.items() if name in ("etag", "last-modified", "vary")}
    assert response.headers == kept


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("if-none-match", "*", 304),
        ("if-none-match", 'W/{etag}, "x"', 304),
        ("if-none-match", '"x"', 200),
        ("if-modified-since", "Tue, 13 May 2014 16:53:20 GMT", 304),
        ("if-modified-since", "Tue, 13 May 2014 16:53:19 GMT", 200),
        ("if-modified-since", "not a date", 200),
        ("if-match", "{etag}", 200),
        ("if-match", "W/{etag}", 412),
        ("if-match", '"x"', 412),
        ("if-match", "*", 200),
        ("if-unmodified-since", "Tue, 13 May 2014 16:53:20 GMT", 200),
        ("if-unmodified-since", "Tue, 13 May 2014 16:53:19 GMT", 412),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_condition(
    name: str, value: str, status: int, method: str, app: StaticFiles, ask: Callable[..., Any]
) -> None:
    etag = (await ask(app, "/letters.txt")).headers["etag"]
    response = await ask(app, "/letters.txt", method, headers={name: value.format(etag=etag)})
    assert response.status == status


async def test_overridden_is_not_modified_decides(site: Path, ask: Callable[..., Any]) -> None:
    class Always(StaticFiles):
        def is_not_modified(self, response_headers: Any, request_headers: Any) -> bool:
            return "x-known" in request_headers

    app = Always(directory=site, memory=10_000)
    assert (await ask(app, "/letters.txt", headers={"x-known": "1"})).status == 304
    assert (await ask(app, "/letters.txt", headers={"if-none-match": "*"})).status == 200


@pytest.mark.parametrize(
    ("ranges", "status", "body"),
    [
        ("bytes=0-4", 206, b"abcde"),
        ("bytes=-3", 206, b"xyz"),
        ("bytes=20-", 206, b"uvwxyz"),
        ("bytes=0-0,1-1", 206, b"ab"),
        ("bytes=26-", 416, b""),
        ("bytes=5-1", 200, LETTERS),
        ("lines=1-2", 200, LETTERS),
        ("bytes=" + ",".join(["0-1"] * 500), 200, LETTERS),
        ("bytes=\u0663-4", 200, LETTERS),
    ],
)
async def test_range(ranges: str, status: int, body: bytes, app: StaticFiles, ask: Callable[..., Any]) -> None:
    raw = [(b"range", ranges.encode())]

    async def with_raw(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "headers": raw}, receive, send)

    response = await ask(with_raw, "/letters.txt")
    assert (response.status, response.body) == (status, body)


async def test_if_range_with_another_tag_gives_the_whole_file(app: StaticFiles, ask: Callable[..., Any]) -> None:
    etag = (await ask(app, "/letters.txt")).headers["etag"]
    for tag, status in ((etag, 206), ('"x"', 200), (f"W/{etag}", 200)):
        response = await ask(app, "/letters.txt", headers={"range": "bytes=0-1", "if-range": tag})
        assert response.status == status


async def test_content_etag_depends_on_the_content_alone(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, etag="content")
    first = (await ask(app, "/letters.txt")).headers["etag"]
    os.utime(site / "letters.txt", (1, 1))
    assert (await ask(app, "/letters.txt")).headers["etag"] == first
    (site / "letters.txt").write_text("other")
    assert (await ask(app, "/letters.txt")).headers["etag"] != first
