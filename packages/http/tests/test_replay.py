"""A request that is rewound, so that its endpoint can run again and sees what the first run saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from testkit import http_scope, request_messages

from armillary.http import FormData, Request, Response, UploadFile, request_response

pytestmark = pytest.mark.anyio

JSON = b"application/json"
URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=B"


def upload_body(*files: bytes) -> bytes:
    parts = b"".join(
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="%d"\r\n\r\n%s\r\n' % (number, content)
        for number, content in enumerate(files)
    )
    return parts + b"--B--\r\n"


def request_with(body: bytes, content_type: bytes) -> Request:
    messages = request_messages(body)

    async def receive() -> Any:
        return messages.pop(0)

    return Request(http_scope(method="POST", headers=[(b"content-type", content_type)]), receive)


async def contents(form: FormData) -> list[bytes]:
    return [await upload.read() for upload in form.files()]


async def test_a_request_that_was_not_read_is_read_as_the_first_time() -> None:
    request = request_with(b"body", b"text/plain")
    await request.rewind()
    assert [piece async for piece in request.stream()] == [b"body", b""]


async def test_a_body_that_was_kept_can_be_streamed_again() -> None:
    request = request_with(b"body", b"text/plain")
    await request.body()
    for _ in range(2):
        assert [piece async for piece in request.stream()] == [b"body", b""]
        await request.rewind()
    assert await request.body() == b"body"


async def test_json_that_was_changed_is_decoded_again() -> None:
    @dataclass
    class Order:
        items: list[int]

    request = request_with(b'{"items": [1, 2]}', JSON)
    for _ in range(2):
        order = await request.json()
        order["items"].clear()
        assert (await request.json())["items"] == []
        await request.rewind()
    assert (await request.json(type=Order)).items == [1, 2]


@pytest.mark.parametrize("size", [3, 2**21], ids=["in memory", "on disk"])
@pytest.mark.parametrize("kept", [False, True])
async def test_uploads_that_were_read_are_at_their_start(size: int, kept: bool) -> None:
    files = [b"a" * size, b"b" * size]
    request = request_with(upload_body(*files), MULTIPART)
    if kept:
        await request.body()
    first = await request.form()
    assert await contents(first) == files
    await request.rewind()
    assert await request.form() is first  # what holds one of its uploads reads it again
    assert await contents(first) == files
    await request.close()


async def test_a_form_that_was_closed_is_read_again() -> None:
    request = request_with(upload_body(b"content"), MULTIPART)
    await request.body()
    for _ in range(2):
        async with request.form() as form:
            assert await contents(form) == [b"content"]
        await request.rewind()


async def test_an_upload_that_was_written_to_is_read_again_and_the_other_ones_are_closed() -> None:
    request = request_with(upload_body(b"first", b"second"), MULTIPART)
    await request.body()
    form = await request.form()
    changed, other = form.files()
    await changed.write(b"changed")
    await request.rewind()
    assert await contents(await request.form()) == [b"first", b"second"]
    assert changed.file.closed
    assert other.file.closed
    await request.close()


async def test_a_form_that_another_request_of_the_scope_read_is_rewound() -> None:
    """As middleware does that looks for a token in the form."""
    request = request_with(upload_body(b"content"), MULTIPART)
    outer = Request(request.scope, request._receive)
    assert await contents(await outer.form()) == [b"content"]
    await request.rewind()
    assert await contents(await request.form()) == [b"content"]
    await request.close()


async def test_a_form_of_fields_is_the_same_again() -> None:
    request = request_with(b"a=1&a=2", URLENCODED)
    for _ in range(2):
        assert (await request.form()).getlist("a") == ["1", "2"]
        await request.rewind()


@pytest.mark.parametrize("pieces", [1, 2], ids=["in part", "wholly"])
async def test_a_body_that_was_streamed_and_not_kept_cannot_be_rewound(pieces: int) -> None:
    request = request_with(b"body", b"text/plain")
    stream = request.stream()
    for _ in range(pieces):
        await anext(stream)
    with pytest.raises(RuntimeError, match=r"await request\.body\(\) before"):
        await request.rewind()


@pytest.mark.parametrize(("change", "named"), [("close", "closed"), ("write", "written to"), ("file", "written to")])
async def test_an_upload_that_changed_cannot_be_rewound_without_its_body(change: str, named: str) -> None:
    request = request_with(upload_body(b"content"), MULTIPART)
    upload = (await request.form()).files()[0]
    if change == "close":
        await upload.close()
    elif change == "write":
        await upload.write(b"more")
    else:
        upload.file = upload.file
    with pytest.raises(RuntimeError, match=f"the upload '0' was {named}"):
        await request.rewind()
    with pytest.raises(RuntimeError, match=named):
        await upload.rewind()
    await request.close()


async def test_what_the_last_run_read_is_closed_with_the_response() -> None:
    seen: list[UploadFile] = []

    async def endpoint(request: Request) -> Response:
        await request.body()
        for _ in range(2):
            async with request.form() as form:
                seen.extend(form.files())
            await request.rewind()
        seen.extend((await request.form()).files())
        assert [upload.file.closed for upload in seen] == [True, True, False]
        return Response()

    messages = request_messages(upload_body(b"content"))

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None: ...

    scope = http_scope(method="POST", headers=[(b"content-type", MULTIPART)])
    await request_response(endpoint)(scope, receive, send)
    assert [upload.file.closed for upload in seen] == [True] * 3
