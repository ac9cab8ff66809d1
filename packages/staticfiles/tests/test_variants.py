from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest

from armillary.staticfiles import StaticFiles
from armillary.staticfiles._coding import acceptable_codings

pytestmark = pytest.mark.anyio

SOURCE = b"let answer = 42;\n" * 50


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "app.js").write_bytes(SOURCE)
    (tmp_path / "app.js.gz").write_bytes(gzip.compress(SOURCE))
    (tmp_path / "app.js.br").write_bytes(brotli.compress(SOURCE))
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "logo.png.gz").write_bytes(gzip.compress(b"\x89PNG"))
    return tmp_path


async def test_the_sibling_the_client_wants_is_sent(assets: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=assets)
    for accepted, coding, decode in (
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("gzip;q=1, br;q=0.5", "gzip", gzip.decompress),
        ("*", "br", brotli.decompress),
    ):
        response = await ask(app, "/app.js", headers={"accept-encoding": accepted})
        assert response.headers["content-encoding"] == coding
        assert decode(response.body) == SOURCE
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"
        assert response.headers["content-length"] == str(len(response.body))


@pytest.mark.parametrize("accepted", [None, "", "identity", "deflate", "br;q=0, gzip;q=0", "zstd"])
async def test_client_that_accepts_none_gets_the_file_itself(
    accepted: str | None, assets: Path, ask: Callable[..., Any]
) -> None:
    headers = {} if accepted is None else {"accept-encoding": accepted}
    response = await ask(StaticFiles(directory=assets), "/app.js", headers=headers)
    assert response.body == SOURCE
    assert "content-encoding" not in response.headers


async def test_every_response_that_could_have_been_coded_varies(assets: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=assets)
    plain = await ask(app, "/app.js")
    assert plain.headers["vary"] == "accept-encoding"
    coded = await ask(app, "/app.js", headers={"accept-encoding": "br"})
    assert coded.headers["vary"] == "accept-encoding"
    unchanged = await ask(app, "/app.js", headers={"if-none-match": plain.headers["etag"]})
    assert unchanged.headers["vary"] == "accept-encoding"
    assert "vary" not in (await ask(app, "/logo.png", headers={"accept-encoding": "gzip"})).headers


async def test_image_is_not_sent_coded(assets: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=assets), "/logo.png", headers={"accept-encoding": "gzip"})
    assert response.body == b"\x89PNG"


@pytest.mark.parametrize("etag", ["mtime", "content"])
async def test_variants_have_tags_of_their_own_and_one_date(etag: Any, assets: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=assets, etag=etag)
    responses = [await ask(app, "/app.js", headers={"accept-encoding": coding}) for coding in ("", "br", "gzip")]
    assert len({response.headers["etag"] for response in responses}) == 3
    assert len({response.headers["last-modified"] for response in responses}) == 1
    for coding, response in zip(("", "br", "gzip"), responses, strict=True):
        headers = {"accept-encoding": coding, "if-none-match": response.headers["etag"]}
        assert (await ask(app, "/app.js", headers=headers)).status == 304
    crossed = {"accept-encoding": "gzip", "if-none-match": responses[1].headers["etag"]}
    assert (await ask(app, "/app.js", headers=crossed)).status == 200


async def test_variant_of_the_same_size_and_time_has_another_tag(assets: Path, ask: Callable[..., Any]) -> None:
    (assets / "app.js.gz").write_bytes(bytes(len(SOURCE)))
    for name in ("app.js", "app.js.gz"):
        os.utime(assets / name, (1_400_000_000, 1_400_000_000))
    app = StaticFiles(directory=assets)
    plain = await ask(app, "/app.js")
    coded = await ask(app, "/app.js", headers={"accept-encoding": "gzip"})
    assert coded.headers["content-length"] == plain.headers["content-length"]
    assert coded.headers["etag"] != plain.headers["etag"]


async def test_range_is_of_the_coded_bytes(assets: Path, ask: Callable[..., Any]) -> None:
    headers = {"accept-encoding": "gzip", "range": "bytes=0-1"}
    response = await ask(StaticFiles(directory=assets), "/app.js", headers=headers)
    assert (response.status, response.body, response.headers["content-encoding"]) == (206, b"\x1f\x8b", "gzip")


async def test_stale_sibling_is_not_sent(assets: Path, ask: Callable[..., Any]) -> None:
    stamp = os.stat(assets / "app.js.gz").st_mtime + 10
    os.utime(assets / "app.js", (stamp, stamp))
    response = await ask(StaticFiles(directory=assets), "/app.js", headers={"accept-encoding": "gzip, br"})
    assert response.body == SOURCE


async def test_siblings_can_be_limited_or_left_out(assets: Path, ask: Callable[..., Any]) -> None:
    headers = {"accept-encoding": "gzip, br"}
    only = await ask(StaticFiles(directory=assets, precompressed=["gzip"]), "/app.js", headers=headers)
    assert only.headers["content-encoding"] == "gzip"
    none = await ask(StaticFiles(directory=assets, precompressed=False), "/app.js", headers=headers)
    assert "content-encoding" not in none.headers
    assert "vary" not in none.headers


async def test_sibling_asked_for_by_name_is_a_file_like_any_other(assets: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=assets), "/app.js.gz", headers={"accept-encoding": "gzip"})
    assert response.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in response.headers


def test_codings_are_ordered_by_weight_then_by_what_compresses_best() -> None:
    def names(header: str) -> list[str]:
        return [coding.name for coding in acceptable_codings(header)]

    assert names("gzip, zstd, br") == ["br", "zstd", "gzip"]
    assert names("x-gzip, br;q=0.1") == ["gzip", "br"]
    assert names("identity;q=1, br;q=0.5") == []
    assert names("*;q=0") == []
    assert names("*, br;q=0") == ["zstd", "gzip"]
    assert names("br;q=nonsense, gzip") == ["gzip"]
