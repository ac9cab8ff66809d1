from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary.http import JSONResponse, Part, Request, Response, request_response

pytestmark = pytest.mark.anyio

MULTIPART = "multipart/form-data; boundary=B"


def part(name: str, content: bytes = b"", filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return b"--B\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--B--\r\n"
BODY = part("title", "é".encode()) + part("file", b"0123456789" * 10_000, "f.bin") + part("last", b"x") + END


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


pieces = pytest.mark.parametrize("size", [100, 8192, 10**6])


@pieces
async def test_parts_come_one_after_the_other_without_being_kept(post: Any, size: int) -> None:
    async def upload(request: Request) -> Response:
        seen: list[Any] = []
        async for item in request.parts():
            if item.filename is None:
                seen.append([item.name, await item.text()])
            else:
                count = 0
                async for piece in item:
                    count += len(piece)
                seen.append([item.name, item.filename, count, item.size])
        return JSONResponse(seen)

    sent = await post(request_response(upload), *cut(BODY, size), content_type=MULTIPART)
    assert sent.body.decode() == '[["title","é"],["file","f.bin",100000,100000],["last","x"]]'


@pieces
async def test_a_part_is_copied_to_any_kind_of_sink_with_progress(post: Any, size: int, tmp_path: Path) -> None:
    threads: set[int] = set()

    class ThreadedFile(io.BytesIO):
        def write(self, data: Any) -> int:
            threads.add(threading.get_ident())
            return super().write(data)

    class Storage:
        def __init__(self) -> None:
            self.data = b""

        async def write(self, data: bytes) -> None:
            await anyio.sleep(0)
            self.data += data

    file, storage, digest = ThreadedFile(), Storage(), hashlib.sha256()
    collected: list[bytes] = []
    progress: list[int] = []

    async def record(count: int) -> None:
        progress.append(count)

    async def upload(request: Request) -> Response:
        async for item in request.parts():
            if item.filename:
                copied = await item.copy_to(file, storage, digest, collected.append, progress=record)
                return Response(str(copied))
        raise AssertionError

    sent = await post(request_response(upload), *cut(BODY, size), content_type=MULTIPART)
    content = b"0123456789" * 10_000
    assert sent.body == b"100000"
    assert file.getvalue() == storage.data == b"".join(collected) == content
    assert digest.digest() == hashlib.sha256(content).digest()
    assert progress[-1] == 100_000
    assert progress == sorted(progress)
    assert threading.get_ident() not in threads


async def test_a_part_that_is_left_is_skipped(post: Any) -> None:
    async def upload(request: Request) -> Response:
        names: list[str] = []
        async for item in request.parts():
            names.append(repr(item))
            if item.filename:
                await anext(aiter(item))
        return JSONResponse(names)

    sent = await post(request_response(upload), *cut(BODY, 500), content_type=MULTIPART)
    assert b"title" in sent.body
    assert b"last" in sent.body


async def test_a_part_that_was_passed_over_cannot_be_read_any_more(post: Any) -> None:
    async def upload(request: Request) -> Response:
        items = [item async for item in request.parts()]
        for late in (items[0].read, items[0].text, lambda: items[0].copy_to(bytearray().extend)):
            with pytest.raises(RuntimeError, match=f"part {items[0].name!r} was skipped"):
                await late()
        return Response()

    async def read_twice(request: Request) -> Response:
        texts = [(item, await item.read()) async for item in request.parts()]
        return JSONResponse([len(await item.read()) for item, _ in texts])

    assert (await post(request_response(upload), BODY, content_type=MULTIPART)).status == 200
    assert (await post(request_response(read_twice), BODY, content_type=MULTIPART)).body.startswith(b"[0,0")


async def test_a_part_is_read_up_to_a_limit(post: Any) -> None:
    async def upload(request: Request) -> Response:
        async for item in request.parts():
            await item.read(max_size=10_000)
        return Response()

    sent = await post(request_response(upload), BODY, content_type=MULTIPART)
    assert (sent.status, sent.sentence) == (413, "Part exceeded maximum size of 10000 bytes.")


@pytest.mark.parametrize(
    ("limits", "status"),
    [({"max_files": 0}, 413), ({"max_fields": 1}, 413), ({"max_file_size": 99_999}, 413), ({"max_total_size": 9}, 413)],
)
async def test_the_limits_of_forms_hold_for_parts(post: Any, limits: Any, status: int) -> None:
    async def upload(request: Request) -> Response:
        async for item in request.parts(**limits):
            await item.skip()
        return Response()

    sent = await post(request_response(upload), *cut(BODY, 4096), content_type=MULTIPART)
    assert sent.status == status


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (None, BODY, 415),
        ("application/x-www-form-urlencoded", b"a=1", 415),
        ("multipart/form-data", BODY, 400),
        (MULTIPART, BODY[:-6], 400),
        (MULTIPART, b"nothing", 400),
    ],
)
async def test_what_is_no_multipart_form_is_rejected(
    post: Any, content_type: str | None, body: bytes, status: int
) -> None:
    async def upload(request: Request) -> Response:
        async for _ in request.parts():
            pass
        return Response()

    assert (await post(request_response(upload), body, content_type=content_type)).status == status


async def test_what_is_no_sink_is_rejected(post: Any) -> None:
    async def upload(request: Request) -> Response:
        item: Part = await anext(request.parts())
        with pytest.raises(TypeError, match="a part's sink is an object with write or update"):
            await item.copy_to("upload.bin")  # type: ignore[arg-type]
        return Response()

    assert (await post(request_response(upload), BODY, content_type=MULTIPART)).status == 200
