"""`RequestDecompressionMiddleware` around an ASGI application."""

from __future__ import annotations

import sys
import threading
import tracemalloc
import zlib
from functools import cache
from typing import Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.compression import Brotli, Gzip, RequestDecompressionMiddleware, Zstd

pytestmark = pytest.mark.anyio

BODY = b'{"name": "vega"}' * 500
CODERS: dict[str, Any] = {
    "gzip": Gzip().encode,
    "x-gzip": Gzip().encode,
    "deflate": zlib.compress,
    "br": Brotli().encode,
    "zstd": Zstd().encode,
}


@cache
def make_bomb(coding: str) -> bytes:
    """Return what decodes to 100 MiB."""
    coded: bytes = CODERS[coding](bytes(100 * 1024 * 1024))
    return coded


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        body += message["body"]
        more = message["more_body"]
    headers = [(b"x-seen-" + name, value) for name, value in scope["headers"]]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def coded(coding: str, body: bytes, *more: tuple[bytes, bytes]) -> Any:
    headers = [(b"content-encoding", coding.encode()), (b"content-length", b"%d" % len(body)), *more]
    return {"method": "POST", "body": (body,), "headers": headers}


@pytest.mark.parametrize("coding", CODERS)
async def test_the_application_reads_the_body_without_its_coding(call: Any, coding: str) -> None:
    response = await call(RequestDecompressionMiddleware(echo), **coded(coding, CODERS[coding](BODY), (b"x-a", b"b")))
    assert response.body == BODY
    assert response.raw_headers == [(b"x-seen-x-a", b"b")]


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("size", [1, 7, 100])
async def test_a_body_may_come_in_parts_of_any_size(call: Any, coding: str, size: int) -> None:
    body = CODERS[coding](BODY)
    parts = tuple(body[at : at + size] for at in range(0, len(body), size))
    request = coded(coding, body) | {"body": (b"", *parts, b"")}
    assert (await call(RequestDecompressionMiddleware(echo), **request)).body == BODY


@pytest.mark.parametrize("headers", [[], [(b"content-encoding", b"identity")], [(b"content-encoding", b"")]])
async def test_a_body_without_a_coding_passes_as_it_is(call: Any, headers: Any) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive))
        await echo(scope, receive, send)

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        await RequestDecompressionMiddleware(app)(scope, receive, send)
        assert seen[0][0] is scope
        assert seen[0][1] is receive

    assert (await call(outer, method="POST", body=(b"plain",), headers=headers)).body == b"plain"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
async def test_an_empty_body_is_an_empty_body(call: Any, coding: str) -> None:
    assert (await call(RequestDecompressionMiddleware(echo), **coded(coding, b""))).body == b""


@pytest.mark.parametrize("coding", ["lzma", "gzip, gzip", "br, gzip", "gzip\xff"])
async def test_another_coding_or_several_are_rejected_with_the_supported_ones(call: Any, coding: str) -> None:
    request = coded("", BODY) | {"headers": [(b"content-encoding", coding.encode("latin-1"))]}
    response = await call(RequestDecompressionMiddleware(echo), **request)
    assert response.status == 415
    assert response.get(b"accept-encoding") == b"gzip, deflate, br, zstd"
    assert b"one of these codings" in response.body


async def test_codings_can_be_limited(call: Any) -> None:
    app = RequestDecompressionMiddleware(echo, codings=["gzip"])
    assert (await call(app, **coded("br", CODERS["br"](BODY)))).status == 415


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
@pytest.mark.parametrize("damage", ["cut", "turned", "followed", "foreign"])
async def test_a_malformed_body_gets_a_400(call: Any, coding: str, damage: str) -> None:
    body = CODERS[coding](BODY)
    damaged = {
        "cut": body[:-1],
        "turned": body[:10] + bytes(byte ^ 0xFF for byte in body[10:20]) + body[20:],
        "followed": body + b"more",
        "foreign": b"plain text, not coded at all",
    }[damage]
    response = await call(RequestDecompressionMiddleware(echo), **coded(coding, damaged))
    assert response.status == 400
    assert coding.encode() in response.body


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
async def test_a_bomb_is_rejected_at_the_cap_and_never_held(call: Any, coding: str) -> None:
    bomb = make_bomb(coding)
    tracemalloc.start()
    try:
        response = await call(RequestDecompressionMiddleware(echo, max_size=1024 * 1024), **coded(coding, bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert response.status == 413
    assert response.sentence == "Content Too Large"
    assert peak < 24 * 1024 * 1024


@pytest.mark.parametrize(("size", "status"), [(8000, 200), (8001, 413)])
async def test_the_cap_is_the_largest_size_allowed(call: Any, size: int, status: int) -> None:
    app = RequestDecompressionMiddleware(echo, max_size=8000)
    assert (await call(app, **coded("gzip", CODERS["gzip"](bytes(size))))).status == status


async def test_there_may_be_no_cap(call: Any) -> None:
    app = RequestDecompressionMiddleware(echo, max_size=None, max_ratio=None, max_time=None)
    body = bytes(20 * 1024 * 1024)
    assert (await call(app, **coded("zstd", CODERS["zstd"](body)))).body == body


async def test_the_default_cap_is_finite() -> None:
    assert RequestDecompressionMiddleware(echo).max_size == 16 * 1024 * 1024


async def test_the_application_sees_the_rejection_as_an_http_exception(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await echo(scope, receive, send)
        except HTTPException as exc:
            await send({"type": "http.response.start", "status": exc.status_code, "headers": []})
            await send({"type": "http.response.body", "body": b"own words"})

    response = await call(RequestDecompressionMiddleware(app), **coded("gzip", b"junk"))
    assert (response.status, response.body) == (400, b"own words")


async def test_an_application_that_takes_it_for_its_own_error_does_not_hide_the_rejection(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await echo(scope, receive, send)
        except Exception:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})

    response = await call(RequestDecompressionMiddleware(app), **coded("gzip", b"junk"))
    assert (response.status, response.sentence) == (400, "The body is not valid gzip.")


async def test_an_error_of_the_application_itself_passes(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise HTTPException(400)

    with pytest.raises(HTTPException):
        await call(RequestDecompressionMiddleware(app), **coded("gzip", b"junk"))


async def test_a_rejection_after_the_response_has_started_is_raised(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    sent: list[Any] = []
    with pytest.raises(HTTPException):
        await call(RequestDecompressionMiddleware(app), on_send=sent.append, **coded("gzip", b"junk"))
    assert len(sent) == 1


async def test_a_body_that_is_never_read_is_never_decoded(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    assert (await call(RequestDecompressionMiddleware(app), **coded("gzip", b"junk"))).status == 204


async def test_a_disconnect_is_seen_in_the_middle_and_at_the_end(call: Any) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not seen or seen[-1] != "http.disconnect":
            seen.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await call(RequestDecompressionMiddleware(app), **coded("gzip", CODERS["gzip"](b"x")))
    assert seen == ["http.request", "http.disconnect"]

    async def receive_disconnect() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    seen.clear()
    scope = {"type": "http", "method": "POST", "headers": [(b"content-encoding", b"gzip")]}
    await RequestDecompressionMiddleware(app)(scope, receive_disconnect, send)
    assert seen == ["http.disconnect"]


async def test_what_one_message_decodes_to_beyond_a_piece_is_decoded_in_a_thread(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from armillary.compression import _request

    threads: list[bool] = []
    main = threading.current_thread()
    original = _request.DecodedBody._next_piece

    def record(self: Any, limit: int) -> bytes:
        threads.append(threading.current_thread() is main)
        return original(self, limit)

    monkeypatch.setattr(_request.DecodedBody, "_next_piece", record)
    body = bytes(1024 * 1024)
    assert (await call(RequestDecompressionMiddleware(echo), **coded("gzip", CODERS["gzip"](body)))).body == body
    assert threads[0] is True
    assert not any(threads[1:])
    assert len(threads) < 6


async def test_the_scope_of_the_caller_keeps_its_headers(call: Any) -> None:
    scopes: list[Any] = []

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        before = list(scope["headers"])
        await RequestDecompressionMiddleware(echo)(scope, receive, send)
        scopes.append(scope)
        assert scope["headers"] == before

    await call(outer, **coded("gzip", CODERS["gzip"](BODY)))
    assert len(scopes) == 1


@pytest.mark.parametrize("kind", ["websocket", "lifespan", "something.else"])
async def test_other_scopes_pass_as_they_are(kind: str) -> None:
    seen: list[Any] = []

    async def app(*arguments: Any) -> None:
        seen.append(arguments)

    scope, receive, send = {"type": kind, "headers": [(b"content-encoding", b"gzip")]}, object(), object()
    await RequestDecompressionMiddleware(app)(scope, receive, send)  # type: ignore[arg-type]
    assert all(given is passed for given, passed in zip((scope, receive, send), seen[0], strict=True))


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"codings": ["lzma"]}, ValueError, "'lzma' is not a known coding; the known ones are gzip, deflate, br, zstd"),
        ({"codings": []}, ValueError, "codings is empty"),
        ({"codings": "gzip"}, TypeError, "codings is a list"),
        ({"max_size": -1}, ValueError, "max_size is a number of bytes"),
        ({"max_size": 1.5}, TypeError, "max_size is a number of bytes"),
    ],
)
async def test_a_wrong_parameter_is_rejected_at_construction(parameters: Any, error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        RequestDecompressionMiddleware(echo, **parameters)


async def test_a_coding_whose_library_is_missing_is_left_out_unless_it_was_requested(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    response = await call(RequestDecompressionMiddleware(echo), **coded("br", CODERS["gzip"](BODY)))
    assert response.get(b"accept-encoding") == b"gzip, deflate, zstd"
    with pytest.raises(ValueError, match=r"pip install 'armillary-compression\[brotli\]'"):
        RequestDecompressionMiddleware(echo, codings=["br"])


@pytest.mark.parametrize("coding", CODERS)
async def test_a_body_that_decodes_to_far_more_than_its_size_is_rejected(call: Any, coding: str) -> None:
    app = RequestDecompressionMiddleware(echo, max_size=None)
    response = await call(app, **coded(coding, make_bomb(coding)))
    assert response.status == 413
    assert response.sentence == "The body decodes to more than 200 times its size."


async def test_up_to_a_mebibyte_any_ratio_is_allowed(call: Any) -> None:
    body = bytes(1024 * 1024)
    assert (await call(RequestDecompressionMiddleware(echo), **coded("zstd", Zstd().encode(body)))).body == body


async def test_without_a_largest_ratio_any_ratio_is_allowed(call: Any) -> None:
    body = bytes(2 * 1024 * 1024)
    app = RequestDecompressionMiddleware(echo, max_ratio=None)
    assert (await call(app, **coded("zstd", Zstd().encode(body)))).body == body


async def test_a_body_that_takes_too_long_to_decode_is_rejected(call: Any) -> None:
    app = RequestDecompressionMiddleware(echo, max_time=1e-9)
    response = await call(app, **coded("gzip", CODERS["gzip"](BODY)))
    assert response.status == 413
    assert response.sentence == "The body takes longer to decode than 1e-09 s."


@pytest.mark.parametrize("parameter", ["max_ratio", "max_time"])
def test_a_limit_is_a_number_above_0(parameter: str) -> None:
    with pytest.raises(ValueError, match=parameter):
        RequestDecompressionMiddleware(echo, **{parameter: 0})
    with pytest.raises(TypeError, match=parameter):
        RequestDecompressionMiddleware(echo, **{parameter: "10"})


async def test_a_rejection_whose_body_was_not_read_closes_the_connection(call: Any) -> None:
    response = await call(RequestDecompressionMiddleware(echo), **coded("compress", b"abc"))
    assert response.status == 415
    assert response.get(b"connection") == b"close"


async def test_the_lines_of_content_encoding_count_together(call: Any) -> None:
    request = coded("gzip", b"abc", (b"content-encoding", b"gzip"))
    assert (await call(RequestDecompressionMiddleware(echo), **request)).status == 415
