from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio


@pytest.fixture
def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    import armillary.staticfiles._file_finder as module

    looks: list[str] = []
    original = module.find_file

    def find_file(directories: Any, segments: Any, follow_symlink: Any) -> Any:
        looks.append("/".join(segments))
        return original(directories, segments, follow_symlink)

    monkeypatch.setattr(module, "find_file", find_file)
    return looks


async def test_small_file_is_served_from_memory(site: Path, ask: Callable[..., Any], count_looks: list[str]) -> None:
    app = StaticFiles(directory=site, memory=1_000_000)
    responses = [await ask(app, "/letters.txt") for _ in range(3)]
    assert len(count_looks) == 1
    assert {response.text for response in responses} == {"abcdefghijklmnopqrstuvwxyz"}
    assert responses[0].headers == responses[2].headers
    head = await ask(app, "/letters.txt", "HEAD")
    assert (head.body, head.headers) == (b"", responses[0].headers)
    etag = responses[0].headers["etag"]
    assert (await ask(app, "/letters.txt", headers={"if-none-match": etag})).status == 304
    assert len(count_looks) == 1


async def test_range_and_failed_precondition_still_work(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, memory=1_000_000)
    await ask(app, "/letters.txt")
    assert (await ask(app, "/letters.txt", headers={"range": "bytes=0-2"})).text == "abc"
    assert (await ask(app, "/letters.txt", headers={"if-match": '"x"'})).status == 412
    assert (await ask(app, "/letters.txt", "POST")).status == 405


async def test_change_is_noticed_when_the_trust_is_over(
    site: Path, ask: Callable[..., Any], count_looks: list[str]
) -> None:
    class Distrustful(StaticFiles):
        memory_seconds = -1.0

    app = Distrustful(directory=site, memory=1_000_000)
    assert (await ask(app, "/letters.txt")).text.startswith("abc")
    (site / "letters.txt").write_text("changed")
    assert (await ask(app, "/letters.txt")).text == "changed"
    (site / "letters.txt").unlink()
    assert (await ask(app, "/letters.txt")).status == 404


async def test_unchanged_content_is_not_read_again(
    site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import armillary.staticfiles._recent as module

    class Distrustful(StaticFiles):
        memory_seconds = -1.0

    reads: list[str] = []
    original = module.read_unchanged

    def read_unchanged(path: str, status: Any) -> Any:
        reads.append(path)
        return original(path, status)

    monkeypatch.setattr(module, "read_unchanged", read_unchanged)
    # As if the file had been written long ago: the content of one just written is read again.
    monkeypatch.setattr("armillary.staticfiles._file_status.time_ns", lambda: time.time_ns() + 10_000_000_000)
    app = Distrustful(directory=site, memory=1_000_000)
    for _ in range(4):
        assert (await ask(app, "/letters.txt")).status == 200
    assert len(reads) == 1


async def test_memory_is_bounded(tmp_path: Path, ask: Callable[..., Any]) -> None:
    for number in range(20):
        (tmp_path / f"{number}.bin").write_bytes(bytes(100))
    (tmp_path / "large.bin").write_bytes(bytes(2000))
    app = StaticFiles(directory=tmp_path, memory=1000)
    for number in range(20):
        assert len((await ask(app, f"/{number}.bin")).body) == 100
    assert len((await ask(app, "/large.bin")).body) == 2000
    kept = app._recent
    assert kept is not None
    assert kept.kept == 1000
    assert kept.kept == sum(len(entry.body or b"") for entry in kept._entries.values())


async def test_codings_are_kept_apart(site: Path, ask: Callable[..., Any]) -> None:
    content = (site / "style.css").read_bytes()
    (site / "style.css.gz").write_bytes(gzip.compress(content))
    app = StaticFiles(directory=site, memory=1_000_000)
    for _ in range(2):
        assert (await ask(app, "/style.css")).body == content
        coded = await ask(app, "/style.css", headers={"accept-encoding": "gzip"})
        assert gzip.decompress(coded.body) == content


async def test_directory_and_its_redirect_are_kept_apart(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html=True, memory=1_000_000)
    for _ in range(2):
        assert (await ask(app, "/docs/")).status == 200
        assert (await ask(app, "/docs")).status == 307


async def test_missing_pages_are_not_kept(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html="spa", memory=1_000_000)
    for number in range(50):
        assert (await ask(app, f"/missing{number}.js")).status == 404
    assert app._recent is not None
    assert not app._recent._entries


async def test_what_a_request_is_remembered_by_is_bounded_too(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site, html="spa", memory=1_000_000)
    for number in range(20):
        assert (await ask(app, "/letters.txt", headers={"accept-encoding": f"{number}," * 1000})).status == 200
        assert (await ask(app, f"/{number}" * 1000)).status == 200
    assert app._recent is not None
    assert not app._recent._entries
