"""`CompressionMiddleware` and `GZipMiddleware` around an ASGI application."""

from __future__ import annotations

import subprocess
import sys
import threading
import zlib
from typing import Any

import pytest
import testkit

from armillary.compression import CompressionMiddleware, Gzip, GZipMiddleware

pytestmark = pytest.mark.anyio

LARGE = b"light " * 1000
GZIP_MAGIC = b"\x1f\x8b"


def responding(
    *parts: bytes, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = (), sized: bool = True
) -> Any:
    """Return an application that responds with a body of these parts."""
    length = [(b"content-length", b"%d" % sum(map(len, parts)))] if sized else []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [*length, *headers]})
        for index, part in enumerate(parts):
            body = b"" if scope["method"] == "HEAD" else part
            await send({"type": "http.response.body", "body": body, "more_body": index < len(parts) - 1})

    return app


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_whole_body_is_coded_with_its_new_length(call: Any, reader: Any, coding: str) -> None:
    response = await call(CompressionMiddleware(responding(LARGE)), accept=coding.encode())
    assert response.get(b"content-encoding") == coding.encode()
    assert response.get(b"content-length") == b"%d" % len(response.body)
    assert response.get(b"vary") == b"Accept-Encoding"
    assert len(response.body) < len(LARGE) / 10
    assert reader(coding).read(response.body) == LARGE


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_every_part_of_a_stream_can_be_read_when_it_is_sent(call: Any, reader: Any, coding: str) -> None:
    parts = (b"first" * 200, b"second", b"", b"third" * 200)
    response = await call(CompressionMiddleware(responding(*parts, sized=False)), accept=coding.encode())
    assert response.get(b"content-encoding") == coding.encode()
    assert response.get(b"content-length") is None
    read = reader(coding).read
    assert tuple(map(read, response.bodies)) == parts


@pytest.mark.parametrize("accept", [b"gzip;q=0", b"x-gzip-foo", b"identity", b"", None])
async def test_a_client_that_does_not_accept_gzip_gets_none(call: Any, accept: bytes | None) -> None:
    response = await call(GZipMiddleware(responding(LARGE)), accept=accept)
    assert response.get(b"content-encoding") is None
    assert response.get(b"content-length") == b"%d" % len(LARGE)
    assert response.get(b"vary") == b"Accept-Encoding"
    assert response.body == LARGE


async def test_the_start_of_a_stream_does_not_wait_for_its_first_part(call: Any) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert [message["type"] for message in sent] == ["http.response.start"]
        await send({"type": "http.response.body", "body": b"late"})

    response = await call(GZipMiddleware(app), accept=b"gzip", on_send=sent.append)
    assert zlib.decompress(response.body, 31) == b"late"


async def test_the_coding_offered_first_is_used_if_the_client_has_no_preference(call: Any) -> None:
    app = responding(LARGE)
    for codings, expected in ((["br", "gzip"], b"br"), (["gzip", "br"], b"gzip"), (None, b"zstd")):
        response = await call(CompressionMiddleware(app, codings=codings), accept=b"gzip, br, zstd")
        assert response.get(b"content-encoding") == expected


async def test_several_fields_of_accept_encoding_count_as_one(call: Any) -> None:
    headers = [(b"accept-encoding", b"identity"), (b"accept-encoding", b"gzip")]
    response = await call(GZipMiddleware(responding(LARGE)), headers=headers)
    assert response.get(b"content-encoding") == b"gzip"


async def test_a_level_can_be_set_for_each_coding(call: Any) -> None:
    fast = CompressionMiddleware(responding(LARGE), levels={"gzip": 0})
    response = await call(fast, accept=b"gzip")
    assert len(response.body) > len(LARGE)
    assert response.body == Gzip(0).encode(LARGE)


async def test_a_small_body_is_left_as_it_is(call: Any) -> None:
    for sized in (True, False):
        response = await call(GZipMiddleware(responding(b"OK", status=201, sized=sized)), accept=b"gzip")
        assert response.body == b"OK"
        assert response.get(b"content-encoding") is None


@pytest.mark.parametrize("sized", [True, False])
async def test_a_small_body_varies_since_a_client_that_rejects_identity_gets_it_coded(call: Any, sized: bool) -> None:
    for accept in (b"gzip", b"br", b"gzip, identity;q=0"):
        response = await call(GZipMiddleware(responding(b"OK", status=201, sized=sized)), accept=accept)
        assert response.get(b"vary") == b"Accept-Encoding"


async def test_a_small_body_that_is_never_coded_does_not_vary(call: Any) -> None:
    app = GZipMiddleware(responding(b"OK", headers=((b"content-type", b"image/png"),)))
    assert (await call(app, accept=b"gzip")).get(b"vary") is None


@pytest.mark.parametrize(("size", "coded"), [(499, False), (500, True)])
async def test_the_minimum_size_is_the_first_that_is_coded(call: Any, size: int, coded: bool) -> None:
    response = await call(GZipMiddleware(responding(bytes(size))), accept=b"gzip")
    assert (response.get(b"content-encoding") == b"gzip") is coded


async def test_a_client_that_rejects_identity_gets_small_bodies_coded(call: Any) -> None:
    response = await call(GZipMiddleware(responding(b"OK")), accept=b"gzip, identity;q=0")
    assert zlib.decompress(response.body, 31) == b"OK"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, [(b"content-type", b"text/event-stream")]),
        (200, [(b"content-type", b"image/png")]),
        (200, [(b"content-encoding", b"br")]),
        (200, [(b"content-encoding", b"identity")]),
        (200, [(b"cache-control", b"public, No-Transform")]),
        (200, [(b"content-digest", b"sha-256=:AAAA:")]),
        (200, [(b"repr-digest", b"sha-256=:AAAA:")]),
        (206, [(b"content-range", b"bytes 0-5999/9999")]),
        (206, []),
    ],
)
@pytest.mark.parametrize("sized", [True, False])
async def test_what_must_not_be_coded_is_untouched(call: Any, status: int, headers: Any, sized: bool) -> None:
    headers = (*headers, (b"etag", b'"v1"'))
    for accept in (b"gzip", b"identity"):
        app = GZipMiddleware(responding(LARGE, status=status, headers=headers, sized=sized))
        response = await call(app, accept=accept)
        assert response.body == LARGE
        assert response.get(b"etag") == b'"v1"'
        assert response.get(b"vary") is None
        assert response.all(b"content-encoding") == [value for name, value in headers if name == b"content-encoding"]


async def test_an_event_stream_is_sent_message_by_message(call: Any) -> None:
    sent: list[Any] = []
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        assert sent == [start]
        event = {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True}
        await send(event)
        assert sent[1] is event
        await send({"type": "http.response.body", "body": b""})

    await call(CompressionMiddleware(app), accept=b"gzip, br, zstd", on_send=sent.append)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([], [b"Accept-Encoding"]),
        ([(b"vary", b"Cookie")], [b"Cookie, Accept-Encoding"]),
        ([(b"vary", b"Cookie, accept-encoding")], [b"Cookie, accept-encoding"]),
        ([(b"vary", b"X-Accept-Encoding")], [b"X-Accept-Encoding, Accept-Encoding"]),
        ([(b"vary", b"*")], [b"*"]),
    ],
)
async def test_vary_names_the_header_once_whether_or_not_the_body_is_coded(call: Any, own: Any, expected: Any) -> None:
    for accept in (b"gzip", b"identity"):
        for body in (LARGE, b"too small to be coded"):
            response = await call(GZipMiddleware(responding(body, headers=own)), accept=accept)
            assert response.all(b"vary") == expected


@pytest.mark.parametrize(("etag", "sent"), [(b'"v1"', b'W/"v1"'), (b'W/"v1"', b'W/"v1"')])
async def test_a_coded_body_has_no_strong_etag(call: Any, etag: bytes, sent: bytes) -> None:
    app = GZipMiddleware(responding(LARGE, headers=((b"etag", etag),)))
    assert (await call(app, accept=b"gzip")).get(b"etag") == sent
    assert (await call(app, accept=b"identity")).get(b"etag") == etag


async def test_a_304_names_the_etag_that_the_client_has_stored(call: Any) -> None:
    app = GZipMiddleware(responding(b"", status=304, headers=((b"etag", b'"v1"'),), sized=False))
    response = await call(app, accept=b"gzip")
    assert response.get(b"etag") == b'W/"v1"'
    assert response.get(b"vary") == b"Accept-Encoding"
    assert response.get(b"content-encoding") is None
    assert (await call(app, accept=b"identity")).get(b"etag") == b'"v1"'


async def test_byte_ranges_of_the_plain_body_are_not_offered_for_a_coded_one(call: Any) -> None:
    app = GZipMiddleware(responding(LARGE, headers=((b"accept-ranges", b"bytes"),)))
    assert (await call(app, accept=b"gzip")).get(b"accept-ranges") is None
    assert (await call(app, accept=b"identity")).get(b"accept-ranges") == b"bytes"


async def test_a_head_request_gets_the_fields_of_a_get_but_no_length(call: Any) -> None:
    app = GZipMiddleware(responding(LARGE, headers=((b"etag", b'"v1"'),)))
    response = await call(app, accept=b"gzip", method="HEAD")
    assert response.body == b""
    assert response.get(b"content-encoding") == b"gzip"
    assert response.get(b"content-length") is None
    assert (response.get(b"etag"), response.get(b"vary")) == (b'W/"v1"', b"Accept-Encoding")


async def test_a_head_request_for_a_small_body_gets_its_length(call: Any) -> None:
    response = await call(GZipMiddleware(responding(b"OK")), accept=b"gzip", method="HEAD")
    assert response.get(b"content-length") == b"2"
    assert response.get(b"content-encoding") is None


async def test_a_head_request_for_a_stream_gets_its_coding(call: Any) -> None:
    app = GZipMiddleware(responding(LARGE, sized=False, headers=((b"etag", b'"v1"'),)))
    for method in ("GET", "HEAD"):
        response = await call(app, accept=b"gzip", method=method)
        assert response.get(b"content-encoding") == b"gzip"
        assert (response.get(b"etag"), response.get(b"vary")) == (b'W/"v1"', b"Accept-Encoding")


async def test_a_head_response_that_a_get_may_send_uncoded_has_no_coding(call: Any) -> None:
    app = GZipMiddleware(responding(LARGE, status=201, sized=False))
    response = await call(app, accept=b"gzip", method="HEAD")
    assert response.get(b"content-encoding") is None
    assert response.get(b"vary") == b"Accept-Encoding"


async def test_a_coded_stream_leaves_the_event_loop_to_others() -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"row", "more_body": True})

    assert testkit.is_fair(await testkit.longest_run(GZipMiddleware(endless), headers=[(b"accept-encoding", b"gzip")]))


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_a_response_without_a_body_gets_none(call: Any, status: int) -> None:
    response = await call(GZipMiddleware(responding(b"", status=status, sized=False), minimum_size=0), accept=b"gzip")
    assert response.body == b""
    assert response.get(b"content-encoding") is None


@pytest.mark.parametrize("kind", ["http.response.pathsend", "http.response.zerocopysend"])
@pytest.mark.parametrize("sized", [True, False])
async def test_a_body_that_the_server_sends_from_a_file_is_untouched(call: Any, kind: str, sized: bool) -> None:
    headers = [(b"content-length", b"6000")] if sized else []
    message = {"path": "/tmp/x"} if kind.endswith("pathsend") else {"file": 3}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": kind, **message})

    sent: list[Any] = []
    await call(GZipMiddleware(app), accept=b"gzip", on_send=sent.append, extensions={kind: {}})
    assert sent == [
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": kind, **message},
    ]


async def test_early_hints_pass_before_the_response_and_trailers_after_it(call: Any) -> None:
    hint = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}
    trailers = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")], "more_trailers": False}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(hint)
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": LARGE})
        await send(trailers)

    sent: list[Any] = []
    extensions: dict[str, Any] = {"http.response.early_hint": {}, "http.response.trailers": {}}
    response = await call(GZipMiddleware(app), accept=b"gzip", on_send=sent.append, extensions=extensions)
    assert (sent[0], sent[-1]) == (hint, trailers)
    assert zlib.decompress(response.body, 31) == LARGE
    assert response.get(b"content-length") is None


async def test_trailers_leave_no_length_even_if_the_whole_body_is_known(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": LARGE})
        await send({"type": "http.response.trailers", "headers": []})

    response = await call(GZipMiddleware(app), accept=b"gzip", extensions={"http.response.trailers": {}})
    assert response.get(b"content-length") is None
    assert response.body.startswith(GZIP_MAGIC)


@pytest.mark.parametrize("sized", [True, False])
async def test_large_parts_are_coded_off_the_event_loop(
    call: Any, monkeypatch: pytest.MonkeyPatch, sized: bool
) -> None:
    threads: list[tuple[int, bool]] = []
    engine = Gzip()._library

    def record(body: bytes) -> None:
        threads.append((len(body), threading.current_thread() is main))

    class Stream:
        def __init__(self, *arguments: Any) -> None:
            self.stream = engine.compressobj(*arguments)

        def compress(self, body: bytes) -> bytes:
            record(body)
            return self.stream.compress(body)  # type: ignore[no-any-return]

        def flush(self, mode: int) -> bytes:
            return self.stream.flush(mode)  # type: ignore[no-any-return]

    class Engine:
        compressobj = Stream

        @staticmethod
        def compress(body: bytes, level: int, window: int) -> bytes:
            record(body)
            return engine.compress(body, level, window)  # type: ignore[no-any-return]

    main = threading.current_thread()
    monkeypatch.setattr("armillary.compression._gzip.find_engine", lambda name: ("zlib", Engine))
    parts = (bytes(5000),) if sized else (bytes(100), bytes(5000))
    response = await call(GZipMiddleware(responding(*parts, sized=sized), thread_minimum_size=5000), accept=b"gzip")
    assert zlib.decompress(response.body, 31) == b"".join(parts)
    assert [entry for entry in threads if entry[0]] == ([(5000, False)] if sized else [(100, True), (5000, False)])


async def test_an_error_before_the_body_leaves_the_response_unstarted(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6000")]})
        raise LookupError

    sent: list[Any] = []
    with pytest.raises(LookupError):
        await call(GZipMiddleware(app), accept=b"gzip", on_send=sent.append)
    assert sent == []


async def test_the_messages_of_the_application_are_left_as_they_are(call: Any) -> None:
    headers = [(b"content-length", b"6000"), (b"etag", b'"v1"')]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    body = {"type": "http.response.body", "body": LARGE}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send(body)

    for accept in (b"gzip", b"identity"):
        await call(GZipMiddleware(app), accept=accept)
    assert start["headers"] is headers
    assert len(headers) == 2
    assert body["body"] is LARGE


async def test_headers_that_can_be_read_only_once_are_sent(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = ((name, value) for name, value in [(b"content-length", b"2"), (b"x-a", b"b")])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"OK"})

    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    await GZipMiddleware(app)({"type": "http", "method": "GET", "headers": []}, None, send)  # type: ignore[arg-type]
    assert list(messages[0]["headers"]) == [
        (b"content-length", b"2"),
        (b"x-a", b"b"),
        (b"vary", b"Accept-Encoding"),
    ]


@pytest.mark.parametrize("kind", ["websocket", "lifespan", "something.else"])
async def test_other_scopes_pass_as_they_are(kind: str) -> None:
    seen: list[Any] = []

    async def app(*arguments: Any) -> None:
        seen.append(arguments)

    scope, receive, send = {"type": kind}, object(), object()
    await CompressionMiddleware(app)(scope, receive, send)  # type: ignore[arg-type]
    assert seen == [(scope, receive, send)]
    assert all(given is passed for given, passed in zip((scope, receive, send), seen[0], strict=True))


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"codings": ["deflate"]}, ValueError, "'deflate' is not a known coding; the known ones are zstd, br, gzip"),
        ({"codings": []}, ValueError, "codings is empty"),
        ({"codings": "gzip"}, TypeError, "codings is a list"),
        ({"levels": {"lzma": 3}}, ValueError, "'lzma' is not a known coding"),
        ({"levels": {"br": 12}}, ValueError, "the level of br is from 0 to 11, got 12"),
        ({"levels": 6}, TypeError, "levels is a mapping such as {'gzip': 6}"),
        ({"levels": {"br": 4}, "codings": ["gzip"]}, ValueError, "levels names 'br', which codings does not offer"),
        ({"codings": ["gzip", "gzip"]}, ValueError, "codings names 'gzip' twice"),
        ({"minimum_size": -1}, ValueError, "minimum_size is a number of bytes"),
        ({"minimum_size": "500"}, TypeError, "minimum_size is a number of bytes"),
        ({"thread_minimum_size": -1}, ValueError, "thread_minimum_size is a number of bytes"),
        ({"exclude_content_types": "image/png"}, TypeError, "exclude_content_types is a list"),
        ({"exclude_content_types": ["png"]}, ValueError, "'png' is not a media type"),
    ],
)
async def test_a_wrong_parameter_is_rejected_at_construction(parameters: Any, error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        CompressionMiddleware(responding(), **parameters)


@pytest.mark.parametrize(
    ("coding", "module", "extra"), [("br", "brotli", "brotli"), ("zstd", "backports.zstd", "zstd")]
)
async def test_a_coding_whose_library_is_missing_is_left_out_unless_it_was_requested(
    call: Any, monkeypatch: pytest.MonkeyPatch, coding: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(
        sys.modules, "compression.zstd" if coding == "zstd" and sys.version_info >= (3, 14) else module, None
    )
    response = await call(CompressionMiddleware(responding(LARGE)), accept=f"{coding}, gzip;q=0.5".encode())
    assert response.get(b"content-encoding") == b"gzip"
    for parameters in ({"codings": [coding]}, {"levels": {coding: 3}}):
        with pytest.raises(ValueError, match=rf"pip install 'armillary-compression\[{extra}\]'"):
            CompressionMiddleware(responding(), **parameters)


async def test_importing_it_loads_no_third_party_and_no_event_loop() -> None:
    code = (
        "import sys; before = set(sys.modules); import armillary.compression\n"
        "print(sorted({'anyio', 'asyncio', 'brotli', 'backports', 'zlib_ng', 'http', 'email'} & "
        "{name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_capitals_in_the_names_of_headers_change_nothing(call: Any) -> None:
    own = ((b"Content-Length", b"%d" % len(LARGE)), (b"ETag", b'"1"'), (b"Vary", b"Cookie"))
    app = responding(LARGE, headers=own, sized=False)
    sent = testkit.SentMessages()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = testkit.http_scope(headers=[(b"accept-encoding", b"gzip")])
    await GZipMiddleware(app)(scope, testkit.Connection(scope).receive, send)
    assert sent.get(b"content-length") == b"%d" % len(sent.body)
    assert sent.get(b"etag") == b'W/"1"'
    assert sent.get(b"vary") == b"Cookie, Accept-Encoding"
    assert {name for name, _ in sent.raw_headers} == {b"content-length", b"etag", b"vary", b"content-encoding"}


async def test_what_is_coded_already_in_capitals_is_not_coded_again(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Encoding", b"br")]})
        await send({"type": "http.response.body", "body": LARGE})

    sent = testkit.SentMessages()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = testkit.http_scope(headers=[(b"accept-encoding", b"gzip")])
    await GZipMiddleware(app)(scope, testkit.Connection(scope).receive, send)
    assert sent.body == LARGE
    assert sent.get(b"content-encoding") == b"br"


async def test_the_lines_of_accept_encoding_count_together(call: Any) -> None:
    headers = [(b"accept-encoding", b"identity;q=0.1"), (b"accept-encoding", b"gzip")]
    sent = await testkit.call(GZipMiddleware(responding(LARGE)), headers=headers)
    assert sent.get(b"content-encoding") == b"gzip"
