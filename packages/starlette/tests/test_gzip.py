"""`starlette.middleware.gzip`: the methods that programs override, and what is safer than Starlette's."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from armillary.starlette.middleware.gzip import GZipMiddleware, GZipResponder, IdentityResponder, unattached_send

pytestmark = pytest.mark.anyio


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4000")]})
    await send({"type": "http.response.body", "body": b"x" * 4000})


async def get(app: Any, accept: bytes, method: str = "GET") -> tuple[dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "headers": [(b"accept-encoding", accept)]}
    await app(scope, None, send)
    return dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


async def test_a_responder_is_an_application_by_itself() -> None:
    headers, body = await get(GZipResponder(app, 500, 6), b"gzip")
    assert headers[b"content-encoding"] == b"gzip"
    assert zlib.decompress(body, 31) == b"x" * 4000
    headers, body = await get(IdentityResponder(app, 500), b"identity")
    assert headers[b"vary"] == b"Accept-Encoding"
    assert body == b"x" * 4000


async def test_a_small_body_does_not_vary() -> None:
    for responder in (GZipResponder(app, 5000, 6), IdentityResponder(app, 5000)):
        headers, body = await get(responder, b"gzip")
        assert headers == {b"content-length": b"4000"}
        assert body == b"x" * 4000


async def test_an_overridden_apply_compression_makes_the_body() -> None:
    class Reversing(GZipResponder):
        content_encoding = "reverse"

        async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
            return body.replace(b"x", b"y")

    headers, body = await get(Reversing(app, 500), b"reverse")
    assert headers[b"content-encoding"] == b"reverse"
    assert body == b"y" * 4000


async def test_a_body_that_a_subclass_leaves_as_it_is_has_no_coding() -> None:
    class Leaving(GZipResponder):
        async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
            return body

    headers, _ = await get(Leaving(app, 500), b"gzip")
    assert headers == {b"content-length": b"4000", b"vary": b"Accept-Encoding"}


@pytest.mark.parametrize("status", [200, 204, 304, 404])
async def test_only_what_is_coded_varies_whatever_the_status(status: int) -> None:
    async def small(scope: Any, receive: Any, send: Any) -> None:
        fields = [(b"vary", b"Accept"), (b"etag", b'"a"')]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b""})

    for accept in (b"gzip", b"br"):
        headers, _ = await get(GZipMiddleware(small), accept)
        assert headers == {b"vary": b"Accept", b"etag": b'"a"'}


async def test_a_stream_is_flushed_at_each_part_and_has_its_own_tag() -> None:
    async def stream(scope: Any, receive: Any, send: Any) -> None:
        fields = [(b"content-length", b"2"), (b"etag", b'"a"'), (b"accept-ranges", b"bytes")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for part in (b"", b"a", b"b"):
            await send({"type": "http.response.body", "body": part, "more_body": part != b"b"})

    headers, body = await get(GZipMiddleware(stream), b"gzip")
    assert list(headers) == [b"etag", b"accept-ranges", b"vary", b"content-encoding"]
    assert headers[b"etag"] == b'"a"'
    assert zlib.decompress(body, 31) == b"ab"


async def test_an_overridden_send_sees_every_message() -> None:
    seen: list[str] = []

    class Watching(GZipResponder):
        async def send_with_compression(self, message: Any) -> None:
            seen.append(message["type"])
            await super().send_with_compression(message)

    await get(Watching(app, 500), b"gzip")
    assert seen == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize(("accept", "coded"), [(b"gzip;q=0", True), (b"x-gzip-foo", True), (b"br", False)])
async def test_a_client_gets_gzip_if_the_word_is_anywhere_in_what_it_accepts(accept: bytes, coded: bool) -> None:
    headers, body = await get(GZipMiddleware(app), accept)
    assert (b"content-encoding" in headers) is coded
    assert (body == b"x" * 4000) is not coded


async def test_a_responder_without_a_request_cannot_send() -> None:
    responder = GZipResponder(app, 500)
    assert responder.send is unattached_send
    await responder.send_with_compression({"type": "http.response.start"})
    with pytest.raises(RuntimeError, match="no request yet"):
        await responder.send_with_compression({"type": "http.response.body", "body": b"x" * 500})


async def test_the_body_of_a_response_to_head_is_coded_as_that_to_a_get() -> None:
    headers, body = await get(GZipMiddleware(app), b"gzip", method="HEAD")
    assert headers[b"content-encoding"] == b"gzip"
    assert int(headers[b"content-length"]) == len(body) < 4000
