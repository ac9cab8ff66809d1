"""Files that change: between two requests, while they are looked at, and while they are sent."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.staticfiles import StaticFileResponse, StaticFiles
from armillary.staticfiles._content_digest import content_digest, digest_of_file
from armillary.staticfiles._recent import RecentFile, RecentFiles

CHUNK = StaticFileResponse.chunk_size
OLD, NEW = b"o" * (3 * CHUNK), b"n" * (3 * CHUNK)


def rewrite(path: Path, content: bytes) -> None:
    """Write to a file in place, and give it back the time it had."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # time stamps advance by some milliseconds
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, before.st_size)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this test were written long ago."""
    monkeypatch.setattr("armillary.staticfiles._file_status.time_ns", lambda: time.time_ns() + 10_000_000_000)


@pytest.mark.anyio
@pytest.mark.parametrize("written", ["just now", "long ago"])  # only a digest of a file that is older is remembered
async def test_content_tag_and_version_follow_a_file_of_the_same_size_and_time(
    site: Path, ask: Callable[..., Any], written: str, request: pytest.FixtureRequest
) -> None:
    if written == "long ago":
        request.getfixturevalue("later")
    app = StaticFiles(directory=site, etag="content")
    seen: set[tuple[str, str | None]] = set()
    for letter in (b"a", b"b", b"c"):
        rewrite(site / "letters.txt", letter * 26)
        response = await ask(app, "/letters.txt")
        assert response.body == letter * 26
        seen.add((response.headers["etag"], app.version("letters.txt")))
    assert len({tag for tag, _ in seen}) == len({version for _, version in seen}) == 3


@pytest.mark.anyio
async def test_file_in_memory_follows_a_file_of_the_same_size_and_time(site: Path, ask: Callable[..., Any]) -> None:
    class Distrustful(StaticFiles):
        memory_seconds = -1.0

    app = Distrustful(directory=site, memory=1_000_000)
    for letter in (b"a", b"b", b"c"):
        rewrite(site / "letters.txt", letter * 26)
        assert (await ask(app, "/letters.txt")).body == letter * 26


@pytest.mark.usefixtures("later")
@pytest.mark.anyio
async def test_unchanged_content_is_digested_once(
    site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import armillary.staticfiles._content_digest as module

    digested: list[str] = []
    original = module.digest_of_file

    def digest_of_file(path: str) -> Any:
        digested.append(path)
        return original(path)

    monkeypatch.setattr(module, "digest_of_file", digest_of_file)
    app = StaticFiles(directory=site, etag="content")
    for _ in range(3):
        await ask(app, "/letters.txt")
        app.version("letters.txt")
    assert digested == [str(site / "letters.txt")]
    rewrite(site / "letters.txt", b"z" * 26)
    await ask(app, "/letters.txt")
    assert len(digested) == 2


def test_digest_of_a_file_written_in_the_last_second_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    status = path.stat()
    before = content_digest(str(path), status)
    path.write_text("b")  # within one tick of a coarse clock the status would still be the same
    assert content_digest(str(path), status) != before


@pytest.mark.usefixtures("later")
def test_digest_of_a_file_that_changes_while_it_is_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    status = path.stat()

    def digest_and_rewrite(name: str) -> Any:
        digest, _ = digest_of_file(name)
        path.write_text("other")
        return digest, path.stat()

    with monkeypatch.context() as patch:
        patch.setattr("armillary.staticfiles._content_digest.digest_of_file", digest_and_rewrite)
        before = content_digest(str(path), status)
    assert content_digest(str(path), status) != before


def test_content_read_in_the_second_after_a_write_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    key, watched = ("a.txt", False, b"", b""), [(str(path), path.stat())]
    recent = RecentFiles(1000, 1000, 1.0)
    entry = RecentFile(StaticFileResponse(path), watched, b"a")
    recent.remember(key, entry)
    assert recent.remembered_body(key, watched) is None
    entry.is_conclusive = True
    assert recent.remembered_body(key, watched) == b"a"


def large_site(tmp_path: Path, content: bytes = OLD) -> Path:
    (tmp_path / "large.bin").write_bytes(content)
    return tmp_path


async def send_while(app: StaticFiles, change: Callable[[], object], after: int, **headers: str) -> list[Any]:
    """Return what was sent of a file that is changed after a number of messages."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == after:
            change()

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/large.bin", "headers": raw, "asgi": {"spec_version": "2.4"}}
    await app(scope, None, send)  # type: ignore[arg-type]
    return sent


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(NEW)


def truncate_and_write(path: Path) -> None:
    path.write_bytes(NEW)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("change", [overwrite, truncate_and_write, append, lambda path: rewrite(path, NEW)])
@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.anyio
async def test_file_that_is_changed_while_it_is_sent_is_never_sent_as_a_whole(
    change: Callable[[Path], object], after: int, tmp_path: Path
) -> None:
    path = large_site(tmp_path) / "large.bin"
    sent: list[Any] = []
    os.utime(path, (1_400_000_000, 1_400_000_000))
    time.sleep(0.02)  # longer than a tick of the file system's clock
    with pytest.raises(RuntimeError, match=r"large\.bin was changed while it was sent"):
        sent = await send_while(StaticFiles(directory=tmp_path), lambda: change(path), after)
    assert sent == []


@pytest.mark.anyio
async def test_last_chunk_is_checked_after_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = large_site(tmp_path) / "large.bin"
    pread = os.pread

    def read_and_change(descriptor: int, count: int, offset: int) -> bytes:
        data = pread(descriptor, count, offset)
        if offset == 2 * CHUNK:
            append(path)
        return data

    monkeypatch.setattr("armillary.http.files._open_file._read_at", read_and_change)
    with pytest.raises(RuntimeError, match="was changed while it was sent"):
        await send_while(StaticFiles(directory=tmp_path), lambda: None, 99)


@pytest.mark.anyio
async def test_ranges_are_checked_too(tmp_path: Path) -> None:
    path = large_site(tmp_path) / "large.bin"
    ranges = f"bytes=0-9, {2 * CHUNK}-{2 * CHUNK + 9}"
    with pytest.raises(RuntimeError, match="was changed while it was sent"):
        await send_while(StaticFiles(directory=tmp_path), lambda: append(path), 3, range=ranges)


def replace(path: Path) -> None:
    new = path.with_name("new.bin")
    new.write_bytes(NEW)
    new.replace(path)


@pytest.mark.parametrize("change", [replace, Path.unlink, lambda path: os.link(path, path.with_name("copy.bin"))])
@pytest.mark.anyio
async def test_file_that_is_replaced_deleted_or_linked_while_it_is_sent_is_sent_to_its_end(
    change: Callable[[Path], object], tmp_path: Path
) -> None:
    path = large_site(tmp_path) / "large.bin"
    time.sleep(0.02)  # longer than a tick of the file system's clock
    sent = await send_while(StaticFiles(directory=tmp_path), lambda: change(path), 2)
    assert b"".join(message.get("body", b"") for message in sent) == OLD


@pytest.mark.anyio
async def test_file_that_grows_is_sent_if_the_response_class_allows_changes(tmp_path: Path) -> None:
    class GrowingFileResponse(StaticFileResponse):
        allows_changes = True

    class Logs(StaticFiles):
        file_response_class = GrowingFileResponse

    path = large_site(tmp_path) / "large.bin"
    sent = await send_while(Logs(directory=tmp_path), lambda: append(path), 2)
    assert b"".join(message.get("body", b"") for message in sent) == OLD


@pytest.mark.anyio
async def test_small_file_that_changes_while_it_is_read_is_read_again(
    site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pread, changes = site / "letters.txt", os.pread, [b"A" * 26]

    def read_and_change(descriptor: int, count: int, offset: int) -> bytes:
        if changes:
            path.write_bytes(changes.pop() * 2)
        return pread(descriptor, count, offset)

    monkeypatch.setattr("armillary.http.files._open_file._read_at", read_and_change)
    response = await ask(StaticFiles(directory=site), "/letters.txt")
    assert (response.status, response.body, response.headers["content-length"]) == (200, b"A" * 52, "52")


@pytest.mark.anyio
async def test_version_in_the_url_does_not_make_another_content_immutable(site: Path, ask: Callable[..., Any]) -> None:
    class Changing(StaticFiles):
        changes = 1

        def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Any:
            response = super().file_response(full_path, *args, **kwargs)
            while self.changes:
                self.changes -= 1
                Path(full_path).write_text("another content")
            return response

    app = Changing(directory=site)
    version = app.version("letters.txt")
    response = await ask(app, "/letters.txt", query_string=f"v={version}".encode())
    assert response.text == "another content"
    assert "cache-control" not in response.headers


@pytest.mark.anyio
async def test_file_that_an_overridden_get_response_found_is_not_sent_if_another_took_its_place(site: Path) -> None:
    class Slow(StaticFiles):
        async def get_response(self, path: str, scope: Any) -> Any:
            response = await super().get_response(path, scope)
            (site / "letters.txt").unlink()
            (site / "letters.txt").symlink_to(site / ".env")
            return response

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/letters.txt", "headers": []}
    with pytest.raises(RuntimeError, match=r"letters\.txt was replaced after it was looked up"):
        await Slow(directory=site)(scope, None, send)  # type: ignore[arg-type]
    assert sent == []
