from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

import armillary.concurrency
from armillary.asgi_types import ClientDisconnect
from armillary.exchange import has_response_started
from armillary.http import FileReplaced, FileResponse

pytestmark = pytest.mark.anyio

versions = pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
TEXT = bytes(range(256)) * 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "data.txt"
    file.write_bytes(TEXT)
    os.utime(file, (784111777, 784111777))
    return file


@pytest.fixture
def large(tmp_path: Path) -> Path:
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(FileResponse.chunk_size * 3 + 17))
    return file


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each call made in a worker thread under the files limiter."""
    made: list[Any] = []
    run = armillary.concurrency.FILES.run

    async def count(function: Any) -> Any:
        made.append(function)
        return await run(function)

    monkeypatch.setattr(armillary.concurrency.FILES, "run", count)
    return made


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@versions
async def test_a_small_file_is_one_hop_and_one_message(
    exchange: Any, path: Path, hops: list[Any], spec_version: str
) -> None:
    sent = await exchange(spec_version=spec_version).run(FileResponse(path))
    assert sent.body == TEXT
    assert sent.kinds == ["http.response.start", "http.response.body"]
    assert len(hops) == 1
    assert sent.headers == {
        "content-type": "text/plain; charset=utf-8",
        "accept-ranges": "bytes",
        "content-length": "2048",
        "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT",
        "etag": f'"{path.stat().st_mtime_ns:x}-800"',
    }


@versions
async def test_a_large_file_is_one_hop_for_each_chunk(
    exchange: Any, large: Path, hops: list[Any], spec_version: str
) -> None:
    sent = await exchange(spec_version=spec_version).run(FileResponse(large))
    assert sent.body == large.read_bytes()
    assert len(hops) == 4
    assert [message["more_body"] for message in sent.sent[1:]] == [True, True, True, False]


async def test_no_blocking_call_is_made_on_the_loop(exchange: Any, large: Path) -> None:
    loop_thread = threading.get_ident()
    on_loop: list[str] = []
    in_thread: list[str] = []

    def recording(name: str, genuine: Any) -> Any:
        def record(*args: Any, **kwargs: Any) -> Any:
            (on_loop if threading.get_ident() == loop_thread else in_thread).append(name)
            return genuine(*args, **kwargs)

        return record

    one = exchange()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "fstat", "stat", "getcwd"):
            patch.setattr(os, name, recording(name, getattr(os, name)))
        patch.setattr("armillary.http.files._open_file._read_at", recording("read", os.pread))
        await FileResponse(large)(one.scope, one.receive, one.send)
    assert len(one.body) == FileResponse.chunk_size * 3 + 17
    assert in_thread == ["open", "fstat", *["read", "fstat"] * 4]
    assert not on_loop


async def test_no_descriptor_is_left_open(exchange: Any, path: Path, large: Path) -> None:
    await exchange().run(FileResponse(path))  # worker threads and the event loop have theirs now
    before = open_descriptors()
    for file in (path, large):
        for scope in ({}, {"method": "HEAD"}, {"headers": [(b"range", b"bytes=0-1,5-9")]}):
            await exchange(**scope).run(FileResponse(file))
        for extension in ("http.response.pathsend", "http.response.zerocopysend"):
            await exchange(extensions={extension: {}}).run(FileResponse(file))
    with pytest.raises(ClientDisconnect):
        await exchange(disconnected_after=2).run(FileResponse(large))
    with pytest.raises(RuntimeError):
        await exchange().run(FileResponse(path.parent))
    assert open_descriptors() == before


@versions
async def test_cancellation_closes_the_file_and_runs_no_background(
    exchange: Any, large: Path, spec_version: str
) -> None:
    async def background() -> None:
        pytest.fail("the background ran")

    await exchange().run(FileResponse(large))
    before = open_descriptors()
    one = exchange(spec_version=spec_version)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            scope.cancel()
            await anyio.sleep_forever()

    with anyio.fail_after(5), anyio.CancelScope() as scope:
        await FileResponse(large, background=background)(one.scope, one.receive, send)
    assert scope.cancelled_caught
    assert open_descriptors() == before


async def test_a_disconnect_stops_the_reading(exchange: Any, large: Path, hops: list[Any]) -> None:
    with pytest.raises(ClientDisconnect) as caught:
        await exchange(disconnected_after=2).run(FileResponse(large))
    assert isinstance(caught.value.__cause__, BrokenPipeError)
    assert len(hops) <= 2
    ran = anyio.Event()

    async def background() -> None:
        ran.set()

    one = exchange(spec_version="2.3", disconnected_after=2)

    async def send(message: Any) -> None:
        await one.send(message)
        if one.disconnected.is_set():
            await anyio.sleep_forever()

    with anyio.fail_after(5):
        await FileResponse(large, background=background)(one.scope, one.receive, send)
    assert ran.is_set()
    assert len(one.sent) == 2


async def test_an_error_of_reading_is_not_taken_for_a_disconnect(
    exchange: Any, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError("the disk failed")

    def broken(descriptor: int, count: int, offset: int) -> bytes:
        raise error

    monkeypatch.setattr("armillary.http.files._open_file._read_at", broken)
    with pytest.raises(OSError) as caught:
        await exchange().run(FileResponse(large))
    assert caught.value is error


@pytest.mark.parametrize("range_header", [None, b"bytes=0-99,524288-"])
async def test_a_file_that_shrinks_is_an_error_and_never_a_loop(
    exchange: Any, large: Path, range_header: bytes | None
) -> None:
    one = exchange(headers=[] if range_header is None else [(b"range", range_header)])

    async def send(message: Any) -> None:
        await one.send(message)
        if len(one.sent) == 2:
            os.truncate(large, 300_000)

    with anyio.fail_after(5), pytest.raises(RuntimeError, match=re.escape(f"{large} was changed while it was sent")):
        await FileResponse(large)(one.scope, one.receive, send)
    assert has_response_started(one.scope, send)


class LogResponse(FileResponse):
    allows_changes = True


async def test_a_file_that_grows_is_sent_to_its_announced_length_if_changes_are_allowed(
    exchange: Any, large: Path
) -> None:
    content = large.read_bytes()
    one = exchange()

    async def send(message: Any) -> None:
        await one.send(message)
        if len(one.sent) == 1:
            with large.open("ab") as file:
                file.write(b"more" * 1000)

    await LogResponse(large)(one.scope, one.receive, send)
    assert one.body == content


async def test_a_file_that_shrinks_is_an_error_also_if_changes_are_allowed(exchange: Any, large: Path) -> None:
    one = exchange()

    async def send(message: Any) -> None:
        await one.send(message)
        if len(one.sent) == 2:
            os.truncate(large, 300_000)

    with anyio.fail_after(5), pytest.raises(RuntimeError, match=re.escape(f"{large} is shorter than expected")):
        await LogResponse(large)(one.scope, one.receive, send)


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("range_header", [None, b"bytes=0-700000", b"bytes=0-9,600000-600009"])
async def test_two_files_are_never_sent_as_one_if_the_first_is_overwritten_in_place(
    exchange: Any, large: Path, range_header: bytes | None, after: int
) -> None:
    os.utime(large, (1_400_000_000, 1_400_000_000))
    time.sleep(0.02)  # longer than a tick of the file system's clock
    one = exchange(headers=[] if range_header is None else [(b"range", range_header)])

    async def send(message: Any) -> None:
        await one.send(message)
        if len(one.sent) == after:
            large.write_bytes(bytes(large.stat().st_size))

    with pytest.raises(FileReplaced, match=re.escape(f"{large} was changed while it was sent")):
        await FileResponse(large)(one.scope, one.receive, send)
    assert one.sent[-1].get("more_body", True)


async def test_a_file_replaced_by_renaming_is_sent_to_its_end(exchange: Any, large: Path) -> None:
    content = large.read_bytes()
    one = exchange()

    async def send(message: Any) -> None:
        await one.send(message)
        if len(one.sent) == 2:
            new = large.with_name("new.bin")
            new.write_bytes(bytes(len(content)))
            new.replace(large)

    await FileResponse(large)(one.scope, one.receive, send)
    assert one.body == content


async def test_a_small_file_that_changes_while_it_is_read_is_read_again(
    exchange: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread, changes = os.pread, [b"new" * 3, b"newer" * 5]

    def change_and_read(descriptor: int, count: int, offset: int) -> bytes:
        if changes:
            path.write_bytes(changes.pop(0))
        return pread(descriptor, count, offset)

    monkeypatch.setattr("armillary.http.files._open_file._read_at", change_and_read)
    before = open_descriptors()
    sent = await exchange().run(FileResponse(path))
    assert (sent.body, sent.headers["content-length"]) == (b"newer" * 5, "25")
    assert open_descriptors() == before


async def test_an_empty_file(exchange: Any, tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.touch()
    sent = await exchange().run(FileResponse(file))
    assert (sent.status, sent.body, sent.headers["content-length"]) == (200, b"", "0")
    sent = await exchange(headers=[(b"range", b"bytes=-5")]).run(FileResponse(file))
    assert sent.status == 200
    sent = await exchange(headers=[(b"range", b"bytes=0-")]).run(FileResponse(file))
    assert (sent.status, sent.headers["content-range"]) == (416, "bytes */0")


async def test_what_is_no_regular_file_is_rejected_without_hanging(exchange: Any, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with anyio.fail_after(5):
        for bad in (tmp_path, fifo, Path("/dev/null")):
            one = exchange()
            with pytest.raises(RuntimeError, match="is not a file"):
                await one.run(FileResponse(bad))
            assert not one.sent
        with pytest.raises(RuntimeError, match="does not exist"):
            await exchange().run(FileResponse(tmp_path / "missing"))
        with pytest.raises(RuntimeError, match="is not a file"):
            await exchange().run(FileResponse(tmp_path, stat_result=tmp_path.stat()))


class TestRanges:
    async def get(self, exchange: Any, path: Path, wanted: bytes, method: str = "GET", **headers: str) -> Any:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return await exchange(method=method, headers=[(b"range", wanted), *pairs]).run(FileResponse(path))

    async def test_one_range(self, exchange: Any, path: Path) -> None:
        sent = await self.get(exchange, path, b"bytes=10-19")
        assert (sent.status, sent.body) == (206, TEXT[10:20])
        assert sent.headers["content-range"] == "bytes 10-19/2048"
        assert sent.headers["content-length"] == "10"

    async def test_several_ranges_are_parts(self, exchange: Any, path: Path) -> None:
        sent = await self.get(exchange, path, b"bytes=100-109, 0-4")
        boundary = sent.headers["content-type"].removeprefix("multipart/byteranges; boundary=")
        head = f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes "
        assert sent.body == (
            f"{head}0-4/2048\r\n\r\n".encode()
            + TEXT[:5]
            + f"\r\n{head}100-109/2048\r\n\r\n".encode()
            + TEXT[100:110]
            + f"\r\n--{boundary}--".encode()
        )
        assert sent.headers["content-length"] == str(len(sent.body))
        again = await self.get(exchange, path, b"bytes=100-109, 0-4")
        assert boundary not in again.headers["content-type"]

    @pytest.mark.parametrize("wanted", [b"bytes=0-9", b"bytes=0-9,20-29", b"bytes=9000-"])
    async def test_head_has_the_same_headers(self, exchange: Any, path: Path, wanted: bytes) -> None:
        got = await self.get(exchange, path, wanted)
        head = await self.get(exchange, path, wanted, "HEAD")
        assert head.status == got.status
        assert head.body == b""
        assert head.headers.keys() == got.headers.keys()
        assert head.headers["content-length"] == got.headers["content-length"]

    async def test_an_unsatisfiable_range_is_a_416(self, exchange: Any, path: Path) -> None:
        sent = await self.get(exchange, path, b"bytes=2048-")
        assert (sent.status, sent.body) == (416, b"")
        assert sent.headers["content-range"] == "bytes */2048"
        assert sent.headers["content-length"] == "0"
        assert "content-type" not in sent.headers

    @pytest.mark.parametrize("wanted", [b"items=0-9", b"bytes=9-0", b"bytes=\xb2-", b"bytes", b"bytes=a"])
    async def test_a_malformed_range_is_ignored(self, exchange: Any, path: Path, wanted: bytes) -> None:
        sent = await self.get(exchange, path, wanted)
        assert (sent.status, sent.body) == (200, TEXT)

    async def test_more_ranges_than_the_cap_send_the_whole(self, exchange: Any, path: Path) -> None:
        wanted = b"bytes=" + b",".join(b"%d-%d" % (index, index) for index in range(0, 202, 2))
        assert (await self.get(exchange, path, wanted)).status == 200

    async def test_other_methods_and_statuses_ignore_it(self, exchange: Any, path: Path) -> None:
        assert (await self.get(exchange, path, b"bytes=0-9", "POST")).status == 200
        sent = await exchange(headers=[(b"range", b"bytes=0-9")]).run(FileResponse(path, 404))
        assert (sent.status, sent.body) == (404, TEXT)

    @pytest.mark.parametrize(
        ("condition", "status"),
        [
            ("etag", 206),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 206),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 206),
            ("W/etag", 200),
            ('"other"', 200),
            ("Sun, 06 Nov 1994 08:49:38 GMT", 200),
            ("nonsense", 200),
        ],
    )
    async def test_if_range(self, exchange: Any, path: Path, condition: str, status: int) -> None:
        etag = f'"{path.stat().st_mtime_ns:x}-800"'
        sent = await self.get(exchange, path, b"bytes=0-9", if_range=condition.replace("etag", etag))
        assert sent.status == status

    async def test_a_range_deep_in_the_file_is_one_hop(self, exchange: Any, large: Path, hops: list[Any]) -> None:
        sent = await self.get(exchange, large, b"bytes=700000-700009")
        assert sent.body == large.read_bytes()[700000:700010]
        assert len(hops) == 1


class TestConditions:
    SAME = "Sun, 06 Nov 1994 08:49:37 GMT"
    EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"

    @pytest.mark.parametrize(
        ("headers", "method", "status"),
        [
            ({"if-none-match": "etag"}, "GET", 304),
            ({"if-none-match": "W/etag"}, "GET", 304),
            ({"if-none-match": '"x", etag'}, "HEAD", 304),
            ({"if-none-match": "*"}, "GET", 304),
            ({"if-none-match": '"x"'}, "GET", 200),
            ({"if-none-match": "etag"}, "POST", 412),
            ({"if-modified-since": SAME}, "GET", 304),
            ({"if-modified-since": EARLIER}, "GET", 200),
            ({"if-modified-since": "nonsense"}, "GET", 200),
            ({"if-modified-since": SAME}, "POST", 200),
            ({"if-none-match": '"x"', "if-modified-since": SAME}, "GET", 200),
            ({"if-match": "etag"}, "GET", 200),
            ({"if-match": "W/etag"}, "GET", 412),
            ({"if-match": '"x"'}, "GET", 412),
            ({"if-match": "*"}, "GET", 200),
            ({"if-unmodified-since": SAME}, "GET", 200),
            ({"if-unmodified-since": EARLIER}, "GET", 412),
            ({"if-match": "etag", "if-unmodified-since": EARLIER}, "GET", 200),
            ({"if-none-match": "etag", "range": "bytes=0-9"}, "GET", 304),
            ({"if-match": '"x"', "if-none-match": "etag"}, "GET", 412),
        ],
    )
    async def test_precedence_of_conditions(
        self, exchange: Any, path: Path, headers: dict[str, str], method: str, status: int
    ) -> None:
        etag = f'"{path.stat().st_mtime_ns:x}-800"'
        pairs = [(name.encode(), value.replace("etag", etag).encode()) for name, value in headers.items()]
        sent = await exchange(method=method, headers=pairs).run(FileResponse(path, headers={"Cache-Control": "x"}))
        assert sent.status == status
        assert sent.headers["etag"] == etag
        assert sent.headers["cache-control"] == "x"
        if status == 304:
            assert not sent.headers.keys() & {"content-length", "content-type"}
        if status != 200:
            assert sent.body == b""
        if status == 412:
            assert sent.headers["content-length"] == "0"

    async def test_validators_given_as_headers_are_the_ones_compared(self, exchange: Any, path: Path) -> None:
        given = {"ETag": '"mine"', "Last-Modified": self.EARLIER}
        sent = await exchange(headers=[(b"if-none-match", b'"mine"')]).run(FileResponse(path, headers=given))
        assert sent.status == 304
        sent = await exchange(headers=[(b"if-modified-since", self.EARLIER.encode())]).run(
            FileResponse(path, headers=given)
        )
        assert sent.status == 304

    async def test_with_a_known_status_nothing_is_opened_for_a_304_or_a_head(
        self, exchange: Any, path: Path, hops: list[Any]
    ) -> None:
        response = FileResponse(path, stat_result=path.stat())
        assert response.headers["etag"]
        sent = await exchange(headers=[(b"if-none-match", b"*")]).run(response)
        assert sent.status == 304
        sent = await exchange(method="HEAD").run(response)
        assert sent.headers["content-length"] == "2048"
        assert not hops


class TestServerSendsTheFile:
    async def test_a_whole_file_is_sent_by_its_path(self, exchange: Any, path: Path, hops: list[Any]) -> None:
        extensions = {"http.response.pathsend": {}}
        sent = await exchange(extensions=extensions).run(FileResponse(path))
        assert sent.sent[1:] == [{"type": "http.response.pathsend", "path": str(path)}]
        assert len(hops) == 1
        await exchange(extensions=extensions).run(FileResponse(path, stat_result=path.stat()))
        assert len(hops) == 1

    async def test_a_relative_path_is_made_absolute(
        self, exchange: Any, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(path.parent)
        for stat in (None, path.stat()):
            response = FileResponse(path.name, stat_result=stat)
            sent = await exchange(extensions={"http.response.pathsend": {}}).run(response)
            assert sent.sent[1]["path"] == str(path)

    async def test_a_range_is_read_here(self, exchange: Any, path: Path) -> None:
        one = exchange(extensions={"http.response.pathsend": {}}, headers=[(b"range", b"bytes=0-9")])
        assert (await one.run(FileResponse(path))).body == TEXT[:10]

    @pytest.mark.parametrize("wanted", [None, b"bytes=10-19", b"bytes=0-4,10-19"])
    async def test_zero_copy_sends_offsets_of_an_open_file(
        self, exchange: Any, path: Path, wanted: bytes | None
    ) -> None:
        headers = [] if wanted is None else [(b"range", wanted)]
        one = exchange(extensions={"http.response.zerocopysend": {}}, headers=headers)
        body = b""

        async def send(message: Any) -> None:
            nonlocal body
            if message["type"] == "http.response.zerocopysend":
                body += os.pread(message["file"].fileno(), message["count"], message["offset"])
            else:
                body += message.get("body", b"")
            await one.send(message)

        await FileResponse(path)(one.scope, one.receive, send)
        assert body == (await exchange(headers=headers).run(FileResponse(path))).body or wanted == b"bytes=0-4,10-19"
        assert len(body) == int(one.headers["content-length"])
        assert one.sent[-1]["more_body"] is False


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("page.html", "text/html; charset=utf-8"),
            ("x.unknownext", "application/octet-stream"),
            ("noext", "application/octet-stream"),
            (".profile", "application/octet-stream"),
            ("archive.tar.gz", "application/gzip"),
            ("style.css.gz", "application/gzip"),
            ("photo.PNG", "image/png"),
            ("v1.2/readme", "application/octet-stream"),
        ],
    )
    def test_the_type_is_guessed_from_the_name(self, name: str, expected: str) -> None:
        assert FileResponse("/x/data", filename=name).headers["content-type"] == expected

    def test_line_breaks_of_a_file_name_are_percent_encoded(self) -> None:
        response = FileResponse("/x", filename="a\r\nset-cookie: b=1")
        assert response.headers["content-disposition"] == "attachment; filename*=utf-8''a%0D%0Aset-cookie%3A%20b%3D1"

    def test_a_download_is_named(self) -> None:
        response = FileResponse("/x", filename="a b.txt", content_disposition_type="inline")
        assert response.headers["content-disposition"] == "inline; filename*=utf-8''a%20b.txt"

    async def test_a_response_serves_many_requests(self, exchange: Any, path: Path) -> None:
        response = FileResponse(path)
        assert (await exchange(headers=[(b"range", b"bytes=0-9")]).run(response)).status == 206
        sent = await exchange().run(response)
        assert (sent.status, sent.body) == (200, TEXT)
        assert "content-range" not in sent.headers


async def test_prepared_in_a_thread_it_needs_no_hop(exchange: Any, path: Path, hops: list[Any]) -> None:
    one = exchange()
    response = FileResponse(path)
    await anyio.to_thread.run_sync(response.prepare, one.scope)
    assert (await one.run(response)).body == TEXT
    assert not hops


async def test_a_rejected_websocket_is_sent_the_file(exchange: Any, path: Path) -> None:
    extensions = {"websocket.http.response": {}, "http.response.pathsend": {}}
    one = exchange(type="websocket", extensions=extensions)
    await FileResponse(path, 403)(one.scope, one.receive, one.send)
    assert one.kinds == ["websocket.http.response.start", "websocket.http.response.body"]
    assert one.body == TEXT
