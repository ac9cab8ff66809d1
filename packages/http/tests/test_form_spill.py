"""Uploads on disk: one descriptor for a form, a bounded number of them for a process, and a disk that is full."""

from __future__ import annotations

import errno
import gc
import os
import sys
import threading
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

import anyio
import pytest
from hypothesis import given, settings, strategies as st
from testkit import http_scope, request_messages

from armillary.concurrency import Overloaded
from armillary.http import SPILL_FILES, FormData, JSONResponse, Request, Response, SpillLimit, request_response
from armillary.http.forms import _storage
from armillary.http.forms._spill import SpillFile

MULTIPART = "multipart/form-data; boundary=B"
END = b"--B--\r\n"
MIB = 1024 * 1024

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")


def file_part(content: bytes) -> bytes:
    return b'--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + content + b"\r\n"


def request_with(*pieces: bytes) -> Request:
    messages = request_messages(pieces)

    async def receive() -> Any:
        if not messages:
            await anyio.sleep_forever()
        return messages.pop(0)

    return Request(http_scope(method="POST", headers=[(b"content-type", MULTIPART.encode())]), receive)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def no_file_left() -> Iterator[None]:
    before = SPILL_FILES.open_files
    yield
    gc.collect()
    assert SPILL_FILES.open_files == before


@pytest.fixture
def two_spill_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SPILL_FILES, "size", 2)
    monkeypatch.setattr(SPILL_FILES, "max_wait", 0.2)


@needs_proc
@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
@pytest.mark.parametrize(("count", "size"), [(15, MIB + 1), (126, 128 * 1024), (990, 16 * 1024)])
async def test_a_form_of_many_files_opens_one_descriptor(count: int, size: int) -> None:
    contents = [bytes([number % 251]) * size for number in range(count)]
    request = request_with(*map(file_part, contents), END)
    with SpillFile(SPILL_FILES)._file:  # the directory for temporary files is looked up once
        SPILL_FILES._open += 1
        SPILL_FILES.release()
    before = open_descriptors()
    form = await request.form()
    assert open_descriptors() == before + 1
    assert [await upload.read() for upload in form.files()] == contents
    assert [upload.size for upload in form.files()] == [size] * count
    await request.close()
    assert open_descriptors() == before


@needs_proc
@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_stalled_uploads_hold_one_descriptor_each() -> None:
    pieces = [file_part(b"x" * 128 * 1024) for _ in range(120)]
    before = open_descriptors()
    async with anyio.create_task_group() as group:
        for _ in range(8):
            request = request_with(*pieces)
            request._receive = never_ending(pieces)
            group.start_soon(request.form().__aenter__)
        while SPILL_FILES.open_files < 8:
            await anyio.sleep(0.01)
        await anyio.sleep(0.05)
        assert open_descriptors() <= before + 8
        group.cancel_scope.cancel()
    assert open_descriptors() <= before


def never_ending(pieces: list[bytes]) -> Any:
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> Any:
        if not messages:
            await anyio.sleep_forever()
        return messages.pop(0)

    return receive


@pytest.mark.anyio
@pytest.mark.usefixtures("two_spill_files", "no_file_left")
async def test_a_form_waits_for_a_spill_file_and_then_is_a_503(post: Any) -> None:
    large = file_part(b"x" * (MIB + 1))
    held = [request_with(large, END) for _ in range(2)]
    for request in held:
        await request.form()

    async def endpoint(request: Request) -> Response:
        return JSONResponse(len((await request.form()).files()))

    app = request_response(endpoint)
    rejected = await post(app, large, END, content_type=MULTIPART)
    assert (rejected.status, rejected.headers["retry-after"]) == (503, "5")
    assert (await post(app, file_part(b"small"), END, content_type=MULTIPART)).status == 200
    await held.pop().close()
    assert (await post(app, large, END, content_type=MULTIPART)).status == 200
    await held.pop().close()


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_a_waiting_form_goes_on_when_another_threads_form_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SPILL_FILES, "size", 1)
    large = file_part(b"x" * (MIB + 1))
    first, second = request_with(large, END), request_with(large, END)
    upload = (await first.form()).files()[0]
    async with anyio.create_task_group() as group:
        group.start_soon(second.form().__aenter__)
        await anyio.sleep(0.1)
        assert second.parsed_form is None
        thread = threading.Thread(target=upload.close_now)
        thread.start()
    thread.join()
    assert second.parsed_form is not None
    await second.close()


@pytest.mark.anyio
async def test_only_as_many_forms_wait_as_may_be_open() -> None:
    limit = SpillLimit(2, max_wait=30)
    for _ in range(2):
        await limit.acquire()
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(limit.acquire)
        await anyio.sleep(0.1)
        with anyio.fail_after(5), pytest.raises(Overloaded):
            await limit.acquire()
        limit.release()
        limit.release()
    assert limit.open_files == 2


@pytest.mark.parametrize(
    ("limits", "error", "named"),
    [
        ({"size": 0}, ValueError, "size of at least 1"),
        ({"size": True}, TypeError, "size as an int"),
        ({"size": 2.5}, TypeError, "size as an int"),
        ({"max_wait": -1}, ValueError, "max_wait of at least 0"),
        ({"retry_after": float("inf")}, ValueError, "retry_after of at least 0"),
    ],
)
def test_a_wrong_limit_is_named(limits: Any, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        SpillLimit(**limits)
    with pytest.raises(error, match=named):
        for name, value in limits.items():
            setattr(SPILL_FILES, name, value)


class _FullDisk:
    """A temporary file whose disk is full after some bytes."""

    def __init__(self, number: int, room: int) -> None:
        self.number, self.room, self.closed = number, room, False

    def seek(self, offset: int) -> None: ...

    def write(self, data: Any) -> int:
        if not self.room:
            raise OSError(self.number, os.strerror(self.number))
        written = min(self.room, len(data))
        self.room -= written
        return written

    def close(self) -> None:
        self.closed = True


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("room", [0, 700_000])
async def test_a_full_disk_is_a_507_and_leaves_no_file_open(
    post: Any, monkeypatch: pytest.MonkeyPatch, number: int, room: int
) -> None:
    disk = _FullDisk(number, room)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: disk)

    async def endpoint(request: Request) -> Response:
        await request.form()
        return Response()

    sent = await post(request_response(endpoint), *[file_part(b"x" * 2 * MIB)] * 2, END, content_type=MULTIPART)
    assert (sent.status, sent.sentence) == (507, "The server has no room to store this upload.")
    assert disk.closed


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
@pytest.mark.parametrize(("number", "status"), [(errno.ENOENT, 507), (errno.EMFILE, 503), (errno.ENFILE, 503)])
async def test_a_spill_file_that_cannot_be_opened_is_no_error_of_the_program(
    post: Any, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    def fail(**_: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.TemporaryFile", fail)

    async def endpoint(request: Request) -> Response:
        await request.form()
        return Response()

    sent = await post(request_response(endpoint), file_part(b"x" * 2 * MIB), END, content_type=MULTIPART)
    assert sent.status == status
    assert sent.headers.get("retry-after") == (None if status == 507 else "5")


@pytest.mark.anyio
async def test_a_failure_that_is_no_lack_of_room_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: _FullDisk(errno.EIO, 0))
    with pytest.raises(OSError, match="Input/output"):
        await request_with(file_part(b"x" * 2 * MIB), END).form()


@pytest.mark.skipif(sys.platform == "win32", reason="needs the limit of a process on the size of its files")
@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_a_file_larger_than_the_process_may_write_is_a_507(post: Any) -> None:
    import resource
    import signal

    async def endpoint(request: Request) -> Response:
        await request.form()
        return Response()

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, before[1]))
    try:
        sent = await post(request_response(endpoint), file_part(b"x" * 2 * MIB), END, content_type=MULTIPART)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert sent.status == 507


operations = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 40)),
        st.tuples(st.just("write"), st.binary(max_size=30)),
        st.tuples(st.just("seek"), st.integers(0, 60)),
        st.tuples(st.just("truncate"), st.integers(0, 60)),
        st.tuples(st.just("readline"), st.just(-1)),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=20), operations), min_size=1, max_size=3))
def test_files_in_one_spill_file_behave_as_files_of_their_own(files: list[tuple[bytes, Any]]) -> None:
    limit = SpillLimit()
    limit._open = 1
    spill = SpillFile(limit)
    spill.append([content for content, _ in files])
    start, pairs = 0, []
    for content, _ in files:
        own = TemporaryFile()  # noqa: SIM115 - closed below
        own.write(content)
        own.seek(0)
        pairs.append((spill.section(start, len(content)), own))
        start += len(content)
    spill.leave()
    for step in range(12):
        for (file, model), (_, steps) in zip(pairs, files, strict=True):
            for name, value in steps[step : step + 1]:
                assert getattr(file, name)(value) == getattr(model, name)(value)
                assert file.tell() == model.tell()
    for file, model in pairs:
        for same in (file, model):
            same.seek(0)
        assert file.read() == model.read()
        assert file.tell() == file.seek(0, 2) == model.tell()
        model.close()
        assert limit.open_files == 1
        file.close()
        file.close()
        with pytest.raises(ValueError, match="closed"):
            file.read()
    assert limit.open_files == 0


def test_a_negative_position_is_rejected() -> None:
    limit = SpillLimit()
    spill = SpillFile(limit)
    file = spill.section(0, 0)
    with pytest.raises(ValueError, match="0 or more"):
        file.seek(-1, 2)
    spill.leave()
    file.close()


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_a_detached_file_outlives_the_other_ones_of_its_form() -> None:
    request = request_with(file_part(b"a" * 2 * MIB), file_part(b"b" * 2 * MIB), END)
    form = await request.form()
    kept, other = form.files()
    kept.detach()
    await request.close()
    assert other.file.closed
    assert await kept.read() == b"a" * 2 * MIB
    await kept.write(b"and more")
    await kept.seek(2 * MIB)
    assert await kept.read() == b"and more"
    await kept.close()


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_files_that_nobody_closes_give_their_place_back() -> None:
    form: FormData | None = await request_with(file_part(b"a" * 2 * MIB), END).form()
    assert form is not None
    assert SPILL_FILES.open_files >= 1
    del form


@pytest.mark.anyio
@pytest.mark.usefixtures("no_file_left")
async def test_small_files_on_disk_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    original = SpillFile.append

    def counting(spill: SpillFile, pieces: Any) -> None:
        writes.append(len(pieces))
        original(spill, pieces)

    monkeypatch.setattr(SpillFile, "append", counting)
    monkeypatch.setattr(_storage, "FORM_MEMORY", 1000)
    request = request_with(*[file_part(b"%03d" % number * 100) for number in range(900)], END)
    form = await request.form()
    assert [await upload.read(3) for upload in form.files()] == [b"%03d" % number for number in range(900)]
    assert len(writes) <= 4
    await request.close()
