"""Every way in which a form can be too much, at every size of its pieces: status, files, threads and work."""

from __future__ import annotations

import gc
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import pytest
from testkit import http_scope

from armillary.http import SPILL_FILES, JSONResponse, Request, Response, request_response
from armillary.http.forms import _storage

B = "B" * 40
END = b"--" + B.encode() + b"--\r\n"
MULTIPART = f"multipart/form-data; boundary={B}"
URLENCODED = "application/x-www-form-urlencoded"
EVERYTHING = 1 << 30

pieces = pytest.mark.parametrize("size", [1, 64, EVERYTHING], ids=["one byte", "normal", "giant"])


def part(content: bytes = b"x", extra: bytes = b"", disposition: bytes = b'form-data; name="a"') -> bytes:
    return b"--%s\r\nContent-Disposition: %s\r\n%s\r\n%s\r\n" % (B.encode(), disposition, extra, content)


def file_part(content: bytes = b"x", extra: bytes = b"") -> bytes:
    return part(content, extra, b'form-data; name="f"; filename="f"')


# A file that is on disk already when the limit is met.
SPILLED = file_part(b"s" * 300)

# What there is too much of: the media type, the limit, and the body that is over it.
OVER: dict[str, tuple[str, dict[str, int], bytes, int]] = {
    "multipart fields": (MULTIPART, {"max_fields": 3}, SPILLED + part() * 4 + END, 413),
    "multipart files": (MULTIPART, {"max_files": 3}, SPILLED + file_part() * 3 + END, 413),
    "multipart field bytes": (MULTIPART, {"max_part_size": 99}, SPILLED + part(b"x" * 100) + END, 413),
    "multipart file bytes": (MULTIPART, {"max_file_size": 300}, SPILLED + file_part(b"x" * 301) + END, 413),
    "multipart bytes of all fields": (MULTIPART, {"max_fields_size": 99}, SPILLED + part(b"x" * 50) * 2 + END, 413),
    "multipart total": (MULTIPART, {"max_total_size": 500}, SPILLED + part(b"x" * 400) + END, 413),
    "multipart headers": (
        MULTIPART,
        {"max_part_headers": 3},
        SPILLED + part(extra=b"A: 1\r\nB: 1\r\nC: 1\r\n") + END,
        413,
    ),
    "multipart header bytes": (MULTIPART, {"max_header_size": 99}, SPILLED + part(extra=b"A: " + b"x" * 99) + END, 413),
    "multipart name bytes": (
        MULTIPART,
        {"max_header_size": 99},
        SPILLED + part(disposition=b'form-data; name="' + b"x" * 99 + b'"') + END,
        413,
    ),
    "multipart boundary": (f"multipart/form-data; boundary={'B' * 257}", {}, SPILLED + part() + END, 400),
    "multipart preamble": (MULTIPART, {"max_preamble_size": 99}, b"p" * 99 + b"\r\n" + SPILLED + END, 413),
    "multipart epilogue": (MULTIPART, {"max_epilogue_size": 99}, SPILLED + part() + END + b"e" * 98, 413),
    "multipart cut off": (MULTIPART, {}, SPILLED + part(), 400),
    "multipart malformed": (MULTIPART, {}, SPILLED + part(extra=b"no colon\r\n") + END, 400),
    "urlencoded fields": (URLENCODED, {"max_fields": 3}, b"a=1&" * 4, 413),
    "urlencoded separators": (URLENCODED, {"max_fields": 3}, b"&" * 30, 413),
    "urlencoded field bytes": (URLENCODED, {"max_part_size": 99}, b"b=1&a=" + b"x" * 100, 413),
    "urlencoded name bytes": (URLENCODED, {"max_part_size": 99}, b"b=1&" + b"x" * 100 + b"=a", 413),
    "urlencoded bytes of all fields": (
        URLENCODED,
        {"max_fields_size": 99},
        b"a=" + b"x" * 40 + b"&b=" + b"x" * 60,
        413,
    ),
    "urlencoded total": (URLENCODED, {"max_total_size": 99}, b"a=" + b"x" * 40 + b"&b=" + b"x" * 60, 413),
}


class WatchedFile:
    """A temporary file that records in which threads it is used."""

    threads: set[int]
    opened: list[WatchedFile]

    def __init__(self, file: Any) -> None:
        self._file = file
        type(self).opened.append(self)

    def __getattr__(self, name: str) -> Any:
        if name in ("seek", "write", "readinto", "truncate"):
            self.threads.add(threading.get_ident())
        return getattr(self._file, name)


@pytest.fixture
def watched_files(monkeypatch: pytest.MonkeyPatch) -> type[WatchedFile]:
    """Temporary files that record their use; every upload of more than 200 bytes goes to one, in small writes."""
    WatchedFile.threads, WatchedFile.opened = set(), []
    original = tempfile.TemporaryFile

    def watched(**options: Any) -> Any:
        WatchedFile.threads.add(threading.get_ident())
        return WatchedFile(original(**options))

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    monkeypatch.setattr(_storage, "FORM_MEMORY", 200)
    monkeypatch.setattr(_storage, "WRITE_SIZE", 100)
    return WatchedFile


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.anyio
@pieces
@pytest.mark.parametrize("case", OVER)
async def test_what_is_too_much_is_rejected_and_its_files_are_closed_off_the_loop(
    post: Any, watched_files: type[WatchedFile], case: str, size: int
) -> None:
    content_type, limits, body, status = OVER[case]

    async def endpoint(request: Request) -> Response:
        await request.form(**limits)
        return Response(b"taken")

    spill_files = SPILL_FILES.open_files
    sent = await post(request_response(endpoint), *cut(body, size), content_type=content_type)
    assert sent.status == status
    assert sent.sentence.endswith(".")
    gc.collect()
    assert all(file.closed for file in watched_files.opened)
    assert SPILL_FILES.open_files == spill_files
    assert threading.get_ident() not in watched_files.threads
    if size < EVERYTHING and case.startswith("multipart") and case not in ("multipart preamble", "multipart boundary"):
        assert len(watched_files.opened) == 1


@pytest.mark.anyio
@pieces
@pytest.mark.parametrize("case", OVER)
async def test_the_same_parts_are_rejected_when_read_one_by_one(post: Any, case: str, size: int) -> None:
    content_type, limits, body, status = OVER[case]

    async def endpoint(request: Request) -> Response:
        async for item in request.parts(**limits):
            await item.skip()
        return Response(b"taken")

    sent = await post(request_response(endpoint), *cut(body, size), content_type=content_type)
    assert sent.status == (415 if content_type == URLENCODED else status)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 3, 100, 4096, EVERYTHING])
async def test_a_form_with_all_of_it_is_the_same_however_it_is_split(
    post: Any, watched_files: type[WatchedFile], size: int
) -> None:
    body = (
        b"preamble\r\n"
        + SPILLED
        + part("é".encode())
        + file_part(b"\r\n--" * 100)
        + part(b"\xe9", b"Content-Type: text/plain; charset=latin-1\r\n")
        + file_part(b"")
        + END
        + b"epilogue"
    )

    async def endpoint(request: Request) -> Response:
        values: list[Any] = []
        for name, value in (await request.form()).multi_items():
            values.append([name, value if isinstance(value, str) else (await value.read()).decode()])
        return JSONResponse(values)

    sent = await post(request_response(endpoint), *cut(body, size), content_type=MULTIPART)
    expected = [["f", "s" * 300], ["a", "é"], ["f", "\r\n--" * 100], ["a", "é"], ["f", ""]]
    assert sent.body == JSONResponse(expected).body
    assert len(watched_files.opened) == 1
    assert threading.get_ident() not in watched_files.threads


def numbered(n: int, pattern: bytes = b"X-%d: 1\r\n") -> bytes:
    return b"".join(pattern % number for number in range(n))


# Bodies of about n bytes, or n of something.
GROWING: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "multipart fields": (MULTIPART, lambda n: part() * (n // 16) + END),
    "multipart files": (MULTIPART, lambda n: file_part() * (n // 16) + END),
    "multipart field bytes": (MULTIPART, lambda n: part(b"x" * n) + END),
    "multipart file bytes": (MULTIPART, lambda n: file_part(b"x" * n) + END),
    "multipart line breaks": (MULTIPART, lambda n: file_part(b"\r\n" * (n // 2)) + END),
    "multipart almost boundaries": (MULTIPART, lambda n: file_part((b"\r\n--" + B.encode()[:-1]) * (n // 43)) + END),
    "multipart headers": (MULTIPART, lambda n: part(extra=numbered(n // 8)) + END),
    "multipart header bytes": (MULTIPART, lambda n: part(extra=b"A: " + b"x" * n + b"\r\n") + END),
    "multipart parameters": (
        MULTIPART,
        lambda n: part(disposition=b'form-data; name="a"' + numbered(n // 8, b"; p%d=1")) + END,
    ),
    "multipart quotes": (MULTIPART, lambda n: part(disposition=b'form-data; name="' + b'\\"' * (n // 2) + b'"') + END),
    "multipart preamble": (MULTIPART, lambda n: b"\r\n--" * (n // 4) + b"\r\n" + part() + END),
    "multipart epilogue": (MULTIPART, lambda n: part() + END + b"\r\n--" * (n // 4)),
    "urlencoded fields": (URLENCODED, lambda n: b"a=1&" * (n // 4)),
    "urlencoded field bytes": (URLENCODED, lambda n: b"a=" + b"x" * n),
    "urlencoded escapes": (URLENCODED, lambda n: b"a=" + b"%41" * (n // 3)),
    "urlencoded separators": (URLENCODED, lambda n: b"&" * n),
}

GENEROUS = {
    "max_files": 10**6,
    "max_fields": 10**6,
    "max_part_headers": 10**6,
    "max_header_size": 10**6,
    "max_preamble_size": 10**6,
    "max_epilogue_size": 10**6,
}


class Untimed(Request):
    """A request that needs no event loop, since it waits for nothing."""

    body_idle_timeout = None


def read(content_type: str, sent: list[bytes]) -> None:
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in sent]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    left = iter(messages)

    async def receive() -> Any:
        return next(left)

    request = Untimed(http_scope(method="POST", headers=[(b"content-type", content_type.encode())]), receive)
    reading = request._read_form(dict(GENEROUS))
    with pytest.raises(StopIteration):
        reading.send(None)


@pytest.mark.parametrize("size", [1, 64, EVERYTHING], ids=["one byte", "normal", "giant"])
@pytest.mark.parametrize("case", GROWING)
def test_work_grows_at_most_24_fold_for_16_times_as_much(case: str, size: int, counted_lines: Any) -> None:
    content_type, make = GROWING[case]
    small, large = cut(make(160), size), cut(make(2560), size)
    few = counted_lines(lambda: read(content_type, small))
    assert counted_lines(lambda: read(content_type, large)) <= 24 * few


@pytest.mark.parametrize("size", [1, 64, EVERYTHING], ids=["one byte", "normal", "giant"])
def test_work_does_not_grow_with_the_boundary(size: int, counted_lines: Any) -> None:
    def body(length: int) -> list[bytes]:
        return cut(part(b"x" * 4000).replace(B.encode(), b"B" * length) + b"--" + b"B" * length + b"--", size)

    few, many = (
        counted_lines(lambda length=length: read(f"multipart/form-data; boundary={'B' * length}", body(length)))
        for length in (16, 256)
    )
    assert many <= 24 * few
