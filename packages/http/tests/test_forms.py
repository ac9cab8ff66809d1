"""Forms under every limit, however their bytes are split into messages."""

from __future__ import annotations

import codecs
import encodings
import subprocess
import sys
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from armillary.http import (
    FormData,
    FormError,
    FormLimits,
    FormTooLarge,
    JSONResponse,
    MultipartDecoder,
    Request,
    Response,
    UploadFile,
    UrlencodedDecoder,
    request_response,
)
from armillary.http.forms._charset import known_charset

MULTIPART = "multipart/form-data; boundary=B"
URLENCODED = "application/x-www-form-urlencoded"
EVERYTHING = 1 << 30


def part(name: str, content: bytes = b"", filename: str | None = None, extra: bytes = b"") -> bytes:
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return b"--B\r\nContent-Disposition: " + disposition.encode() + b"\r\n" + extra + b"\r\n" + content + b"\r\n"


END = b"--B--\r\n"


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]


def multipart_events(body: bytes, size: int, limits: FormLimits = FormLimits()) -> list[Any]:  # noqa: B008
    """What a decoder makes of a body cut into pieces; pieces of content are joined."""
    decoder = MultipartDecoder(b"B", limits)
    found: list[Any] = []
    content = b""
    for piece in cut(body, size):
        for event in decoder.feed(piece):
            if isinstance(event, bytes):
                content += event
            elif event is None:
                found.append(content)
                content = b""
            else:
                found.append((event.name, event.filename, event.headers.raw))
    decoder.finish()
    return found


def urlencoded_pairs(body: bytes, size: int, limits: FormLimits = FormLimits()) -> list[Any]:  # noqa: B008
    decoder = UrlencodedDecoder(limits)
    for piece in cut(body, size):
        decoder.feed(piece)
    return decoder.finish()


# Each row: the limit's name, its value, a body just within it, a body just over it, the status.
MULTIPART_LIMITS: list[tuple[str, int, bytes, bytes, int]] = [
    ("max_fields", 2, part("a") * 2 + END, part("a") * 3 + END, 413),
    ("max_files", 2, part("a", filename="f") * 2 + END, part("a", filename="f") * 3 + END, 413),
    ("max_part_size", 10, part("a", b"x" * 10) + END, part("a", b"x" * 11) + END, 413),
    ("max_file_size", 10, part("a", b"x" * 10, "f") + END, part("a", b"x" * 11, "f") + END, 413),
    ("max_fields_size", 10, part("a", b"x" * 5) * 2 + END, part("a", b"x" * 6) * 2 + END, 413),
    ("max_total_size", len(part("a") + END), part("a") + END, part("a") + END + b"x", 413),
    ("max_part_headers", 2, part("a", extra=b"X: y\r\n") + END, part("a", extra=b"X: y\r\nZ: y\r\n") + END, 413),
    (
        "max_header_size",
        100,
        part("a", extra=b"X-Long: " + b"y" * 92 + b"\r\n") + END,
        part("a", extra=b"X-Long: " + b"y" * 93 + b"\r\n") + END,
        413,
    ),
    (
        "max_preamble_size",
        100,
        b"p" * 98 + b"\r\n" + part("a") + END,
        b"p" * 99 + b"\r\n" + part("a") + END,
        413,
    ),
    ("max_epilogue_size", 100, part("a") + b"--B--" + b"e" * 100, part("a") + b"--B--" + b"e" * 101, 413),
    ("max_epilogue_size", 20, part("a") + b"--B--\r\n--B--", part("a") + b"--B--" + b"\r\n--B--" * 3, 413),
]

URLENCODED_LIMITS: list[tuple[str, int, bytes, bytes, int]] = [
    ("max_fields", 2, b"a=1&&b=2&", b"a=1&b=2&c=3", 413),
    ("max_fields", 2, b"&" * 20, b"&" * 21, 413),
    ("max_part_size", 10, b"a=" + b"x" * 10, b"a=" + b"x" * 11, 413),
    ("max_part_size", 10, b"x" * 10 + b"=a", b"x" * 11 + b"=a", 413),
    ("max_part_size", 10, b"b=&" * 3 + b"a=" + b"x" * 10 + b"&c", b"b=&" * 3 + b"a=" + b"x" * 11 + b"&c", 413),
    ("max_fields_size", 10, b"a=123&b=56", b"a=123&b=567", 413),
    ("max_total_size", 10, b"a=123&b=56", b"a=123&b=567", 413),
]

MATRIX = [
    *((MULTIPART, multipart_events, *row) for row in MULTIPART_LIMITS),
    *((URLENCODED, urlencoded_pairs, *row) for row in URLENCODED_LIMITS),
]

pieces = pytest.mark.parametrize("size", [1, 7, 4096, EVERYTHING], ids=["one byte", "seven bytes", "normal", "giant"])


@pieces
@pytest.mark.parametrize(("media", "decode", "limit", "value", "within", "over", "status"), MATRIX)
def test_each_limit_holds_to_the_byte_at_every_cut(
    media: str, decode: Any, limit: str, value: int, within: bytes, over: bytes, status: int, size: int
) -> None:
    limits = FormLimits(**{limit: value})
    assert decode(within, size, limits) == decode(within, EVERYTHING, limits)
    with pytest.raises(FormError) as caught:
        decode(over, size, limits)
    assert caught.value.status_code == status
    assert isinstance(caught.value, FormTooLarge) == (status == 413)


def test_the_size_of_all_urlencoded_fields_is_counted_before_the_body_is_complete() -> None:
    decoder = UrlencodedDecoder(FormLimits(max_fields_size=10))
    decoder.feed(b"a=123&b=56")
    with pytest.raises(FormTooLarge, match="Fields exceeded"):
        decoder.feed(b"&")


@pytest.mark.anyio
@pieces
@pytest.mark.parametrize(("media", "decode", "limit", "value", "within", "over", "status"), MATRIX)
async def test_each_limit_gets_its_status_and_leaves_no_file_open(
    post: Any, media: str, decode: Any, limit: str, value: int, within: bytes, over: bytes, status: int, size: int
) -> None:
    async def endpoint(request: Request) -> Response:
        await request.form(**{limit: value})
        return Response(b"taken")

    app = request_response(endpoint)
    assert (await post(app, *cut(within, size), content_type=media)).body == b"taken"
    sent = await post(app, *cut(over, size), content_type=media)
    assert sent.status == status
    assert sent.sentence.endswith(".")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 257,
        "multipart/form-data; boundary=é",
        'multipart/form-data; boundary="a "',
        "multipart/form-data; boundary=B; charset=none-such",
        "multipart/form-data; boundary=B; charset=zlib",
        "multipart/form-data; boundary=B; charset=idna",
        "multipart/form-data; boundary=B; charset=unicode_escape",
    ],
)
async def test_an_impossible_boundary_or_charset_is_a_400(post: Any, content_type: str) -> None:
    async def endpoint(request: Request) -> Response:
        await request.form()
        return Response()

    assert (await post(request_response(endpoint), part("a") + END, content_type=content_type)).status == 400


@pytest.mark.parametrize("charset", ["latin-1", "ISO_8859-1:1987", "windows-1252", "Shift_JIS", "UTF8", "us-ascii"])
def test_a_charset_is_known_by_any_of_its_names(charset: str) -> None:
    assert known_charset(charset) == codecs.lookup(charset).name


def test_no_charset_that_a_client_makes_up_is_remembered() -> None:
    known_charset("utf-8")
    remembered = len(encodings._cache)  # type: ignore[attr-defined]
    for number in range(1, 50):
        assert known_charset("utf" + "-" * number + "8") == "utf-8"
        with pytest.raises(FormError):
            known_charset(f"made-up-{number}")
    assert len(encodings._cache) == remembered  # type: ignore[attr-defined]


MALFORMED = [
    b"",
    b"nothing",
    b"--B",
    b"--Bx\r\n" + part("a") + END,
    b"--B\n" + part("a"),
    b"--B\r\n\r\n\r\n" + END,
    b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END,
    b'--B\r\nContent-Disposition: form-data; ="a"\r\n\r\nx\r\n' + END,
    b"--B\r\nNo colon here\r\n\r\nx\r\n" + END,
    b"--B\r\n: empty\r\n\r\nx\r\n" + END,
    part("a", extra=b'Content-Disposition: form-data; name="b"\r\n') + END,
    part("a", extra=b"X: a\nb\r\n") + END,
    part("a", extra=b"X: a\x00b\r\n") + END,
    part("a", extra=b"X: a\rb\r\n") + END,
    part("a", extra=b"X: a\x01b\r\n") + END,
    part("a", extra=b"X: a\x7fb\r\n") + END,
    part("a", extra=b"X: a\r\nx: a\r\n") + END,
    part("a", extra=b"Content-Type: text/plain\r\nContent-Type: text/plain\r\n") + END,
    part("a", extra=b"Content-Type: text/plain; charset=none-such\r\n") + END,
    b'--B\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\nx\r\n' + END,
    b"--B\r\nContent-Disposition: form-data; name=a; NAME=b\r\n\r\nx\r\n" + END,
    b'--B\r\nContent-Disposition: form-data; name="a"; filename="x"; filename=y\r\n\r\nx\r\n' + END,
    part("a"),
    part("a") + b"--B-",
    part("a") + b"--B",
    part("a") + b"--B\r\n--B--",
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n--B--\r\n',
]


@pieces
@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_body_is_a_400_at_every_cut(body: bytes, size: int) -> None:
    with pytest.raises(FormError) as caught:
        multipart_events(body, size)
    assert caught.value.status_code == 400


def test_a_malformed_body_writes_no_log(caplog: pytest.LogCaptureFixture) -> None:
    for body in MALFORMED:
        with pytest.raises(FormError):
            multipart_events(body, EVERYTHING)
    assert caplog.records == []


@pieces
def test_preamble_padding_and_epilogue_are_ignored(size: int) -> None:
    body = b"This is MIME.\r\n--Other\r\n--B \t\r\n" + part("a", b"1")[5:] + b"--B--\r\nepilogue --B-- \r\n--B\r\n"
    assert multipart_events(b"\r\n" + body, EVERYTHING) == multipart_events(b"\r\n" + body, size)
    plain = part("a", b"1") + part("b", b"2") + END
    assert multipart_events(b"\r\n\r\n" + plain, size) == multipart_events(plain, EVERYTHING)


contents = st.lists(
    st.sampled_from([b"x", b"\r", b"\n", b"\r\n", b"-", b"--", b"--B", b"\r\n--", b"\r\n--A", b"B", b"\x00", b" "]),
    max_size=30,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(contents, min_size=1, max_size=4), st.integers(1, 40))
def test_content_survives_every_cut(texts: list[bytes], size: int) -> None:
    texts = [text for text in texts if b"\r\n--B" not in b"\r\n" + text + b"\r\n"]
    body = b"".join(part("a", text) for text in texts) + END if texts else END
    events = multipart_events(body, size)
    assert events == multipart_events(body, EVERYTHING)
    assert events[1::2] == texts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 40))
def test_any_bytes_give_the_same_result_at_every_split(noise: bytes, size: int) -> None:
    for body in (noise, part("a") + noise, part("a")[:-2] + noise + END):
        results: list[Any] = []
        for cut_size in (size, EVERYTHING):
            try:
                results.append(multipart_events(body, cut_size))
            except FormError as exc:
                results.append(exc.status_code)
        assert results[0] == results[1]
        assert urlencoded_pairs(noise, size) == urlencoded_pairs(noise, EVERYTHING)


def test_a_large_piece_is_decoded_as_small_ones_are() -> None:
    content = bytes(range(256)) * 1024 + b"\r\n--" * 20_000
    body = part("a", b"1") + part("f", content, "f") + part("b", b"2") + END
    for size in (EVERYTHING, 100_000, 65_536, 4096):
        assert multipart_events(body, size)[3] == content


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", []),
        (b"a", [("a", "")]),
        (b"a=1&b=2", [("a", "1"), ("b", "2")]),
        (b"&&a=1&&", [("a", "1")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"=x", [("", "x")]),
        (b"a=1;b=2", [("a", "1;b=2")]),
        (b"a+b=c+d%2B", [("a b", "c d+")]),
        (b"a=%C3%A9&%E2%82%AC=1", [("a", "é"), ("€", "1")]),
        ("a=é".encode(), [("a", "é")]),
        ("é+%C3%A9=%c3".encode(), [("é é", "\ufffd")]),
        (b"a=%zz%2&b=%", [("a", "%zz%2"), ("b", "%")]),
        (b"a=\xff", [("a", "\ufffd")]),
        (b"a=%00%0D%0A", [("a", "\x00\r\n")]),
    ],
)
@pieces
def test_urlencoded_fields_are_read_as_the_whatwg_has_it(body: bytes, pairs: list[Any], size: int) -> None:
    assert urlencoded_pairs(body, size) == pairs


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('form-data; name="a"', "a", None),
        ("form-data; name=a", "a", None),
        ('form-data; name="a"; filename="b.txt"', "a", "b.txt"),
        ('form-data; filename="b.txt"; name="a"', "a", "b.txt"),
        ('form-data;name="a";filename="b.txt"', "a", "b.txt"),
        ('form-data; name="a"; filename=""', "a", ""),
        ('form-data; name="a"; filename="../../etc/passwd"', "a", "passwd"),
        ('form-data; name="a"; filename="C:\\dir\\b.txt"', "a", "b.txt"),
        ('form-data; name="a"; filename=".."', "a", ""),
        ('form-data; name="a"; filename="x; name=b.txt"', "a", "x; name=b.txt"),
        ("form-data; name=\"a\"; filename*=utf-8''b.txt", "a", None),
        ('form-data; name="é"; filename="ü.txt"', "é", "ü.txt"),
        ('form-data; name="a%22b%0D%0Ac"; filename="%22x%22.txt"', 'a"b\r\nc', '"x".txt'),
        ('form-data; name="100%25"; filename="%41%.txt"', "100%25", "%41%.txt"),
        ('form-data; name="a; filename=b"', "a; filename=b", None),
        ('form-data; name="a\\"; name=b"; filename="x"', 'a"; name=b', "x"),
    ],
)
def test_names_and_file_names_are_read_without_their_paths(disposition: str, name: str, filename: str | None) -> None:
    body = b"--B\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n\r\n" + END
    event = multipart_events(body, EVERYTHING)[0]
    assert event[:2] == (name, filename)


async def describe(request: Request) -> Response:
    form = await request.form()
    return JSONResponse(
        [
            [name, value if isinstance(value, str) else [value.filename, value.size, value.content_type]]
            for name, value in form.multi_items()
        ]
    )


@pieces
@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "UTF-8"])
def test_a_field_is_read_in_the_charset_of_its_part(charset: str, size: int) -> None:
    extra = b"Content-Type: text/plain; charset=%s\r\n" % charset.encode()
    body = part("a", "é".encode(charset), extra=extra) + part("b", "é".encode()) + END
    decoder = MultipartDecoder(b"B")
    texts: list[str] = []
    headers: Any = None
    content = b""
    for piece in cut(body, size):
        for event in decoder.feed(piece):
            if isinstance(event, bytes):
                content += event
            elif event is not None:
                headers = event
            else:
                texts.append(decoder.decode_field(headers, content))
                content = b""
    assert texts == ["é", "é"]


@pytest.mark.anyio
async def test_a_form_and_its_parts_are_read_in_the_charsets_of_the_parts(post: Any) -> None:
    body = part("a", b"\xe9", extra=b"Content-Type: text/plain; charset=latin-1\r\n") + END

    async def form(request: Request) -> Response:
        return JSONResponse((await request.form())["a"])

    async def parts(request: Request) -> Response:
        return JSONResponse([await item.text() async for item in request.parts()])

    assert (await post(request_response(form), body, content_type=MULTIPART)).body == '"é"'.encode()
    assert (await post(request_response(parts), body, content_type=MULTIPART)).body == '["é"]'.encode()


@pytest.mark.parametrize("epilogue", [b"", b"e", b"\r\n", b"\r\n--B--", b"\r\n--B--\r\n--B--x", b"--", b"-" * 9])
@pytest.mark.parametrize("content", [b"", b"1", b"\r\n--", b"x" * 30])
def test_the_epilogue_is_counted_to_the_byte_at_every_split(epilogue: bytes, content: bytes) -> None:
    for head in (b"", b"pre\r\n", b"pre\r\n--B  \r\n" + part("z")[5:]):
        body = head + part("a", content, "f") + b"--B--" + epilogue
        for at in range(len(body)):
            for second in (at, min(at + 3, len(body))):
                pieces = [body[:at], body[at:second], body[second:]]
                exact = MultipartDecoder(b"B", FormLimits(max_epilogue_size=len(epilogue)))
                for piece in pieces:
                    exact.feed(piece)
                exact.finish()
                if epilogue:
                    small = MultipartDecoder(b"B", FormLimits(max_epilogue_size=len(epilogue) - 1))
                    with pytest.raises(FormTooLarge, match="epilogue"):
                        for piece in pieces:
                            small.feed(piece)


@pytest.mark.anyio
@pytest.mark.parametrize("window", [4096, EVERYTHING], ids=["all content", "by the parser"])
async def test_a_part_over_its_limit_passes_few_functions(window: int) -> None:
    body = part("f", b"x" * 100_000, "f") + END
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in cut(body, window)]

    async def receive() -> Any:
        return messages.pop(0)

    request = Request({"type": "http", "headers": [(b"content-type", MULTIPART.encode())]}, receive)
    with pytest.raises(FormTooLarge) as caught:
        await request.form(max_file_size=20_000)
    frames = [entry.name for entry in caught.traceback if "armillary/http" in str(entry.path)]
    assert len(frames) <= 7, frames


@pytest.mark.anyio
async def test_fields_and_files_come_in_the_order_sent(post: Any) -> None:
    body = part("a", b"1") + part("f", b"data", "f.txt", b"Content-Type: text/plain\r\n") + part("a", b"2") + END
    sent = await post(request_response(describe), body, content_type=MULTIPART)
    assert sent.body == b'[["a","1"],["f",["f.txt",4,"text/plain"]],["a","2"]]'


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", [None, "text/plain", "multipart/mixed; boundary=B", "nonsense"])
async def test_another_media_type_is_an_empty_form(post: Any, content_type: str | None) -> None:
    assert (await post(request_response(describe), b"a=1", content_type=content_type)).body == b"[]"


@pytest.mark.anyio
async def test_a_wrong_limit_is_named() -> None:
    request = Request({"type": "http", "headers": []})
    with pytest.raises(TypeError, match="unknown form limit 'max_size'; the limits are max_files"):
        await request.form(max_size=1)
    with pytest.raises(ValueError, match="max_files must be an int of at least 0, got -1"):
        await request.form(max_files=-1)
    with pytest.raises(ValueError, match="or None"):
        await request.form(max_file_size=-1)
    with pytest.raises(ValueError, match="max_fields must be"):
        await request.form(max_fields=None)


@pytest.mark.anyio
async def test_the_form_is_shared_by_requests_over_one_scope(post: Any) -> None:
    async def endpoint(request: Request) -> Response:
        first = await request.form()
        assert await Request(request.scope, request.receive).form() is first
        assert await request.form() is first
        return Response(b"same")

    assert (await post(request_response(endpoint), b"a=1", content_type=URLENCODED)).body == b"same"


@pytest.mark.anyio
async def test_a_form_is_read_from_a_body_read_before(post: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await request.body()
        return await describe(request)

    sent = await post(request_response(endpoint), part("a", b"1"), END, content_type=MULTIPART)
    assert sent.body == b'[["a","1"]]'


LARGE = b"x" * (1024 * 1024 + 1)


@pytest.mark.anyio
async def test_a_large_file_goes_to_disk_in_a_worker_thread(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    threads: list[int] = []
    opened: list[Any] = []
    original = tempfile.TemporaryFile

    def tracking(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.get_ident())
        opened.append(original(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", tracking)

    async def endpoint(request: Request) -> Response:
        upload = (await request.form())["f"]
        assert isinstance(upload, UploadFile)
        assert await upload.read() == LARGE
        return Response(str(upload.size))

    body = part("f", LARGE, "f") + END
    sent = await post(request_response(endpoint), *cut(body, 65536), content_type=MULTIPART)
    assert sent.body == str(len(LARGE)).encode()
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert opened[0].closed


@pytest.mark.anyio
async def test_many_small_files_do_not_fill_the_memory(post: Any) -> None:
    async def endpoint(request: Request) -> Response:
        form = await request.form()
        in_memory = sum(1 for upload in form.files() if type(upload.file).__name__ == "BytesIO")
        return Response(str(in_memory))

    body = part("f", b"x" * 1024 * 1024, "f") * 12 + END
    sent = await post(request_response(endpoint), *cut(body, 65536), content_type=MULTIPART)
    assert sent.body == b"8"


@pytest.mark.anyio
@pytest.mark.parametrize("large", [False, True])
async def test_files_are_closed_when_the_response_was_sent_and_detached_ones_are_not(post: Any, large: bool) -> None:
    kept: list[FormData] = []

    async def endpoint(request: Request) -> Response:
        form = await request.form()
        kept.append(form)
        form.files()[1].detach()
        return Response()

    content = LARGE if large else b"small"
    body = part("f", content, "f") * 2 + END
    await post(request_response(endpoint), body, content_type=MULTIPART)
    closed, detached = kept[0].files()
    assert closed.file.closed
    assert not detached.file.closed
    assert await detached.read() == content
    await detached.close()
    await detached.close()
    assert detached.file.closed


@pytest.mark.anyio
async def test_files_are_closed_when_the_endpoint_fails_or_the_block_ends(post: Any) -> None:
    kept: list[FormData] = []

    async def failing(request: Request) -> Response:
        kept.append(await request.form())
        raise KeyError("x")

    async def block(request: Request) -> Response:
        async with request.form() as form:
            kept.append(form)
            assert not form.files()[0].file.closed
        assert form.files()[0].file.closed
        return Response()

    body = part("f", LARGE, "f") + END
    with pytest.raises(KeyError):
        await post(request_response(failing), body, content_type=MULTIPART)
    await post(request_response(block), body, content_type=MULTIPART)
    assert all(form.files()[0].file.closed for form in kept)


@pytest.mark.anyio
@pytest.mark.parametrize("tail", [b"", part("f", b"x", "f"), b"\r\n--B\r\nbad\r\n"])
async def test_files_are_closed_when_the_form_breaks_off(
    post: Any, monkeypatch: pytest.MonkeyPatch, tail: bytes
) -> None:
    import tempfile

    opened: list[Any] = []
    original = tempfile.TemporaryFile

    def tracking(*args: Any, **kwargs: Any) -> Any:
        opened.append(original(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", tracking)
    body = part("f", LARGE, "f") + part("g", LARGE, "g")[:-2]
    sent = await post(request_response(describe), body, tail, content_type=MULTIPART)
    assert sent.status == 400
    assert len(opened) == 1
    assert opened[0].closed


@pytest.mark.anyio
async def test_memory_while_reading_a_large_file_stays_small(post: Any) -> None:
    pieces_sent = 0
    head, tail = part("f", b"", "f")[:-2], b"\r\n" + END
    piece = b"x" * 65536

    async def receive() -> Any:
        nonlocal pieces_sent
        pieces_sent += 1
        if pieces_sent == 1:
            return {"type": "http.request", "body": head, "more_body": True}
        if pieces_sent <= 200:
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.request", "body": tail, "more_body": False}

    request = Request({"type": "http", "headers": [(b"content-type", MULTIPART.encode())]}, receive)
    tracemalloc.start()
    try:
        form = await request.form()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert form.files()[0].size == 199 * 65536
    assert peak < 4 * 1024 * 1024
    await request.close()


def test_the_limits_hold_with_optimisation_on() -> None:
    script = """
import armillary.http as h
assert False, "assertions must be off"
def decode(decoder, *pieces):
    try:
        for piece in pieces: decoder.feed(piece)
        decoder.finish()
    except h.FormError as exc: return exc.status_code
    return 200
L = h.FormLimits
body = b'--B\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n12345\\r\\n--B--'
M = h.MultipartDecoder
print([decode(M(b"B", limits), body) for limits in (L(), L(max_fields=0), L(max_part_size=4), L(max_total_size=9))],
      [decode(M(b"B"), text) for text in (body[:-2], b"x", b"--B\\r\\n\\r\\n\\r\\n--B--")],
      [decode(h.UrlencodedDecoder(L(max_fields=1)), text) for text in (b"a=1", b"a=1&b=2")])
"""
    done = subprocess.run([sys.executable, "-O", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[200, 413, 413, 413] [400, 400, 400] [200, 413]"


@pytest.mark.anyio
async def test_without_python_multipart_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    with pytest.raises(RuntimeError, match=r"pip install armillary-http\[forms\]"):
        MultipartDecoder(b"B")
