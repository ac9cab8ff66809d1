from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from armillary.http import FormData as NativeFormData
from armillary.starlette._exception_handler import wrap_app_handling_exceptions
from armillary.starlette.datastructures import FormData, Headers, UploadFile
from armillary.starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from armillary.starlette.requests import Request

pytestmark = pytest.mark.anyio

URLENCODED = Headers({"content-type": "application/x-www-form-urlencoded"})
MULTIPART = Headers({"content-type": "multipart/form-data; boundary=B"})
BODY = b'--B\r\nContent-Disposition: form-data; name="f"; filename="../a.txt"\r\n\r\ndata\r\n--B--\r\n'


async def stream(*pieces: bytes) -> Any:
    for piece in pieces:
        yield piece


def request_for(headers: Headers, *pieces: bytes, **scope: Any) -> Request[Any]:
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]

    async def receive() -> Any:
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers.raw, **scope}, receive)


async def test_overridden_callbacks_of_a_form_parser_are_called() -> None:
    calls: list[Any] = []

    class Reporting(FormParser):
        def on_field_name(self, data: bytes, start: int, end: int) -> None:
            calls.append(data[start:end])

        def on_end(self) -> None:
            calls.append("end")

    assert await Reporting(URLENCODED, stream(b"a=1&", b"b=2")).parse() == FormData([("a", "1"), ("b", "2")])
    assert calls == [b"a", b"b", "end"]


async def test_overridden_callbacks_of_a_multipart_parser_are_called() -> None:
    calls: list[bytes] = []

    class Reporting(MultiPartParser):
        def on_part_data(self, data: bytes, start: int, end: int) -> None:
            calls.append(data[start:end])
            super().on_part_data(data, start, end)

    form = await Reporting(MULTIPART, stream(BODY)).parse()
    assert calls == [b"data"]
    await form.close()


async def test_a_file_name_keeps_its_path_and_a_body_its_missing_end() -> None:
    form = await MultiPartParser(MULTIPART, stream(BODY[:-8], b"\r\n--B")).parse()
    assert form.multi_items() == []
    form = await MultiPartParser(MULTIPART, stream(BODY)).parse()
    assert form.files()[0].filename == "../a.txt"
    await form.close()


@pytest.mark.parametrize("charset", ["zlib", "idna", "none-such"])
async def test_a_charset_that_cannot_decode_gives_way_to_latin_1(charset: str) -> None:
    headers = Headers({"content-type": f"multipart/form-data; boundary=B; charset={charset}"})
    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"\xe9" * 100 + b"\r\n--B--"
    assert (await MultiPartParser(headers, stream(body)).parse())["a"] == "é" * 100


async def test_the_form_is_known_as_before() -> None:
    request = request_for(URLENCODED, b"a=1")
    assert request._form is None
    async with request.form() as form:
        assert isinstance(form, NativeFormData)
        assert request._form is form
    request._form = None
    assert request.parsed_form is None


async def test_a_broken_form_raises_here_and_is_a_400_in_an_application() -> None:
    from armillary.asgi_types import HTTPException

    with pytest.raises(MultiPartException):
        await request_for(MULTIPART, b"nonsense").form()
    with pytest.raises(HTTPException) as caught:
        await request_for(MULTIPART, b"nonsense", app=object()).form()
    assert (caught.value.status_code, caught.value.detail) == (400, "Invalid multipart data.")


async def test_there_is_no_limit_and_no_media_type_asked_for() -> None:
    assert len(await request_for(Headers(), *[b"x" * 2**20] * 17).body()) == 17 * 2**20
    assert await request_for(Headers(), b"[1]").json() == [1]
    with pytest.raises(ValueError, match="Expecting value"):
        await request_for(Headers(), b"[").json()


async def test_a_subclass_that_sets_its_own_body_is_used() -> None:
    class Decoded(Request[Any]):
        async def body(self) -> bytes:
            if not hasattr(self, "_body"):
                self._body = (await super().body())[::-1]
            return self._body

    request = Decoded({"type": "http", "headers": []}, request_for(Headers(), b"]1[").receive)
    assert await request.json() == [1]


def handled(scope: Any, status: int) -> Any:
    async def handler(request: Any, exc: Exception) -> Any:
        async def response(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return response

    scope["starlette.exception_handlers"] = ({KeyError: handler}, {})
    return scope


@pytest.mark.parametrize("started", [False, True])
async def test_exceptions_of_a_wrapped_application_are_handled_until_it_has_started(started: bool) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("x")

    async def send(message: Any) -> None:
        sent.append(message)

    request = request_for(Headers(), b"")
    scope: Any = handled(request.scope, 418)
    wrapped = wrap_app_handling_exceptions(app, request)
    if started:
        with pytest.raises(RuntimeError, match="Caught handled exception, but response already started"):
            await wrapped(scope, request.receive, send)
        assert len(sent) == 1
    else:
        await wrapped(scope, request.receive, send)
        assert sent[0]["status"] == 418


async def test_a_body_is_waited_for_without_limit_of_time() -> None:
    assert Request.body_idle_timeout is None
    assert Request.__mro__[1].body_idle_timeout == 30


async def test_json_of_any_size_is_decoded_where_it_was_read() -> None:
    assert Request.json_thread_size is None
    assert Request.__mro__[1].json_thread_size == 1024 * 1024


async def test_the_headers_of_a_part_are_read_as_leniently_as_before() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="x"; name="a%22"\r\nX: \x01\r\nX: 2\r\n'
        b"Content-Type: text/plain; charset=none-such\r\n\r\n\xc3\xa9\r\n--B--\r\n"
    )
    assert await MultiPartParser(MULTIPART, stream(body)).parse() == FormData([("a%22", "é")])


@pytest.mark.parametrize("headers", [b"X: " + b"y" * 5000 + b"\r\n", b"X: y\r\n" * 50], ids=["size", "count"])
async def test_a_part_with_too_many_headers_is_malformed(headers: bytes) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\n' + headers + b"\r\nx\r\n--B--\r\n"
    sent = stream(body)
    with pytest.raises(MultiPartException) as caught:
        await MultiPartParser(MULTIPART, sent).parse()
    assert caught.value.message == "Invalid multipart data."
    await sent.aclose()


async def test_a_declared_length_is_not_checked_before_the_endpoint_is_called() -> None:
    assert not Request.rejects_declared_size
    assert Request.__mro__[1].rejects_declared_size


async def test_body_returns_the_rest_of_a_body_that_was_streamed_in_part() -> None:
    request = request_for(URLENCODED, b"a", b"b", b"c")
    assert await anext(aiter(request.stream())) == b"a"
    assert await request.body() == b"bc"


async def test_cookies_are_latin_1() -> None:
    request = request_for(Headers(raw=[(b"cookie", "name=é".encode())]))
    assert request.cookies == {"name": "Ã©"}


@pytest.mark.parametrize(
    ("before", "fails"),
    [(b"", False), (b"\r\n", False), (b"\r\n\n\r\r\n", False), (b"text\r\n", True), (b"\r\nx\r\n", True)],
)
async def test_text_before_the_first_boundary_is_an_error(before: bytes, fails: bool) -> None:
    body = before + b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'

    async def stream() -> Any:
        for byte in body:
            yield bytes([byte])

    parser = MultiPartParser(MULTIPART, stream())
    if fails:
        with pytest.raises(MultiPartException):
            await parser.parse()
    else:
        assert (await parser.parse()).multi_items() == [("a", "1")]


async def test_bytes_of_an_urlencoded_form_that_are_not_encoded_are_latin_1() -> None:
    form = await FormParser(URLENCODED, stream(b"\xc3\xa9=%c3%a9+\xff", b"&b=1")).parse()
    assert form.multi_items() == [("Ã©", "é ÿ"), ("b", "1")]


@pytest.mark.parametrize(
    ("host", "netloc"),
    [
        (b";", ";"),
        (b"a,b:8000", "a,b:8000"),
        (b"a%2Fb", "a%2Fb"),
        (b"[::1]:80", "[::1]:80"),
        (b"a/b", "server:9"),
        (b"user@a", "server:9"),
        (b"a:", "server:9"),
        (b"a:65536", "server:9"),
        (b";:65536", "server:9"),
    ],
)
def test_the_url_has_every_host_that_cannot_end_it(host: bytes, netloc: str) -> None:
    scope = {"type": "http", "path": "/p", "query_string": b"", "headers": [(b"host", host)], "server": ("server", 9)}
    assert str(Request(scope).url) == f"http://{netloc}/p"


def test_programs_add_methods_to_uploads_that_starlette_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not hasattr(UploadFile, "save")
    upload: Any = UploadFile(BytesIO(b"data"), filename="a")
    assert not hasattr(upload, "save")
    monkeypatch.setattr(UploadFile, "save", lambda self: self.filename, raising=False)
    assert upload.save() == "a"


@pytest.mark.anyio
@pytest.mark.parametrize("data", [b"", b"data", b"x" * 2_000_000])
async def test_an_upload_has_no_public_attributes_but_those_of_starlette(data: bytes) -> None:
    body = b'--b\r\ncontent-disposition: form-data; name="a"; filename="f"\r\n\r\n' + data + b"\r\n--b--\r\n"

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    async with Request({"type": "http", "method": "POST", "headers": headers}, receive).form() as form:
        upload: Any = form["a"]
        assert [*vars(upload)] == ["filename", "file", "size", "headers", "_max_mem_size"]
        await upload.rewind()
        assert await upload.read() == data
