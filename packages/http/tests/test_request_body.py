from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from testkit import ASYNCIO

from armillary.asgi_types import ClientDisconnect, HTTPException, scope_record
from armillary.exchange import BodyTooLarge, CountedReceive, register_handlers
from armillary.http import HTTPEndpoint, Request, Response, request_response

pytestmark = pytest.mark.anyio


def scope_of(**changes: Any) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/", "headers": [], **changes}


def channel(*pieces: bytes) -> Any:
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


async def test_a_second_request_over_the_same_scope_reads_the_same_body() -> None:
    scope, receive = scope_of(), channel(b"ab", b"cd")
    assert await Request(scope, receive).body() == b"abcd"
    assert await Request(scope, receive).body() == b"abcd"
    assert await Request(dict(scope), receive).body() == b"abcd"
    assert [piece async for piece in Request(scope, receive).stream()] == [b"abcd", b""]


async def test_a_foreign_application_reads_the_body_that_was_read_before() -> None:
    scope, receive = scope_of(), channel(b"ab", b"cd")
    request = Request(scope, receive)
    await request.body()
    foreign = request.receive
    assert await foreign() == {"type": "http.request", "body": b"abcd", "more_body": False}
    assert (await foreign())["type"] == "http.disconnect"
    again = Request(scope, request.receive)
    assert await again.body() == b"abcd"


async def test_before_the_body_is_read_receive_is_the_servers_own() -> None:
    receive = channel(b"x")
    assert Request(scope_of(), receive).receive is receive


async def test_a_middleware_that_rewrites_the_body_is_not_bypassed() -> None:
    scope, receive = scope_of(), channel(b"original")
    await Request(scope, receive).body()
    assert await Request(scope, channel(b"rewritten")).body() == b"rewritten"
    assert await Request(scope, receive).body() == b"original"


async def test_the_record_does_not_keep_the_channel_alive() -> None:
    import gc
    import weakref

    scope, receive = scope_of(), channel(b"x")
    await Request(scope, receive).body()
    receive_reference = weakref.ref(receive)
    del receive
    gc.collect()
    assert receive_reference() is None
    assert await Request(scope, channel(b"other")).body() == b"other"


async def test_a_streamed_body_is_an_error_to_read_again() -> None:
    scope, receive = scope_of(), channel(b"ab", b"cd")
    request = Request(scope, receive)
    assert [piece async for piece in request.stream()] == [b"ab", b"cd", b""]
    for reader in (request, Request(scope, receive)):
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await reader.body()
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await anext(aiter(reader.stream()))


async def test_a_body_that_another_request_has_begun_to_stream_is_not_torn_apart() -> None:
    scope, receive = scope_of(), channel(b"ab", b"cd")
    stream = Request(scope, receive).stream()
    assert await anext(stream) == b"ab"
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await Request(scope, receive).body()
    assert await anext(stream) == b"cd"


async def test_a_stream_may_be_left_and_closed() -> None:
    stream: Any = Request(scope_of(), channel(b"ab", b"cd")).stream()
    assert await anext(stream) == b"ab"
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_an_overridden_stream_feeds_body_and_json() -> None:
    class Upper(Request):
        def stream(self) -> Any:
            async def pieces() -> Any:
                async for piece in super(Upper, self).stream():
                    yield piece.upper()

            return pieces()

    assert await Upper(scope_of(), channel(b"ab", b"c")).body() == b"ABC"


async def test_an_overridden_body_feeds_json_and_form() -> None:
    class Fixed(Request):
        async def body(self) -> bytes:
            return b'{"a": 1}'

    assert await Fixed(scope_of(), channel(b"")).json(any_media_type=True) == {"a": 1}


@pytest.mark.parametrize("pieces", [[b"123456"], [b"123", b"456"], [b"1"] * 6])
async def test_the_limit_is_counted_on_received_bytes(pieces: list[bytes]) -> None:
    class Small(Request):
        max_body_size = 5

    request = Small(scope_of(), channel(*pieces))
    for _ in range(2):
        with pytest.raises(HTTPException) as caught:
            await request.body()
        assert caught.value.status_code == 413
    assert "5 bytes" in caught.value.detail
    with pytest.raises(HTTPException):
        async for _ in Small(scope_of(), channel(*pieces)).stream():
            pass


async def test_a_declared_length_over_the_limit_is_rejected_before_anything_is_read() -> None:
    async def receive() -> Any:
        raise AssertionError("nothing must be read")

    for length in (b"16777217", b"9" * 5000):
        with pytest.raises(HTTPException) as caught:
            await Request(scope_of(headers=[(b"content-length", length)]), receive).body()
        assert caught.value.status_code == 413


@pytest.mark.parametrize("length", [b"", b"-1", b"+2", b"abc", "٣".encode(), b"1"])
async def test_a_length_that_says_nothing_or_too_little_changes_nothing(length: bytes) -> None:
    assert await Request(scope_of(headers=[(b"content-length", length)]), channel(b"12345")).body() == b"12345"


async def test_there_is_a_limit_by_default_which_the_record_changes_or_lifts(post: Any) -> None:
    async def size(request: Request) -> Response:
        return Response(str(len(await request.body())))

    app = request_response(size)
    large = b"x" * (1024 * 1024)
    assert (await post(app, *[large] * 16)).body == b"16777216"
    over = await post(app, *[large] * 16, b"x")
    assert (over.status, over.sentence) == (413, "The request body is larger than the 16777216 bytes allowed.")
    assert over.headers["connection"] == "close"

    async def unlimited(scope: Any, receive: Any, send: Any) -> None:
        scope_record(scope)["max_body_size"] = None
        await app(scope, receive, send)

    assert (await post(unlimited, *[large] * 17)).body == b"17825792"


async def test_a_body_read_under_a_larger_limit_still_meets_the_smaller_one() -> None:
    scope, receive = scope_of(), channel(b"123456")
    await Request(scope, receive).body()
    scope_record(scope)["max_body_size"] = 5
    with pytest.raises(HTTPException, match="413"):
        await Request(scope, receive).body()


async def test_a_disconnect_raises_client_disconnect_each_time() -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    scope = scope_of()
    for _ in range(2):
        with pytest.raises(ClientDisconnect):
            await Request(scope, receive).body()


async def test_a_disconnect_is_seen_and_an_unread_body_is_kept() -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]

    left = anyio.Event()

    async def receive() -> Any:
        if not messages:
            await left.wait()
            return {"type": "http.disconnect"}
        return messages.pop(0)

    scope = scope_of()
    request = Request(scope, receive)
    assert not await request.is_disconnected()
    foreign = request.receive
    assert (await foreign())["body"] == b"a"
    assert await Request(scope, receive).body() == b"ab"
    left.set()
    assert await request.is_disconnected()
    assert await Request(scope, receive).is_disconnected()
    assert await request.body() == b"ab"


@pytest.mark.parametrize("whole", [True, False])
async def test_what_came_before_a_disconnect_is_read_after_a_look_for_it(whole: bool) -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": True}]
    messages += [{"type": "http.request", "body": b"b", "more_body": not whole}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    request = Request(scope_of(), receive)
    assert await request.is_disconnected()
    if whole:
        assert await request.body() == b"ab"
    else:
        received = []
        with pytest.raises(ClientDisconnect):
            async for piece in request.stream():
                received.append(piece)
        assert received == [b"a", b"b"]
    assert await request.is_disconnected()


async def test_a_disconnect_is_seen_through_a_middleware_that_hands_messages_on() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def through_two_checkpoints() -> Any:
        await anyio.lowlevel.checkpoint()
        message = await receive()
        await anyio.lowlevel.checkpoint()
        return message

    assert await Request(scope_of(), through_two_checkpoints).is_disconnected()


@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("reader", ["body", "foreign"])
async def test_looking_for_a_disconnect_loses_nothing_on_a_server_that_loses_a_message_with_a_cancelled_receive(
    reader: str,
) -> None:
    to_application, from_client = anyio.create_memory_object_stream[Any](10)

    async def receive() -> Any:
        try:
            return await from_client.receive()
        except asyncio.CancelledError:
            from_client.receive_nowait()
            raise

    request = Request(scope_of(), receive)
    with to_application, from_client:
        for piece in b"abc":
            assert not await request.is_disconnected()
            to_application.send_nowait({"type": "http.request", "body": bytes([piece]), "more_body": piece != 99})
        if reader == "body":
            assert await request.body() == b"abc"
        else:
            foreign = request.receive
            assert b"".join([(await foreign())["body"] for _ in range(3)]) == b"abc"
        assert not await request.is_disconnected()
        to_application.send_nowait({"type": "http.disconnect"})
        assert await request.is_disconnected()


async def test_looking_for_a_disconnect_takes_only_so_much_of_an_unread_body() -> None:
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request(scope_of(), receive)
    for _ in range(5):
        assert not await request.is_disconnected()
    assert taken == 16


class _Item(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return Response(b"called")

    post = get


async def _never_reads(request: Request) -> Response:
    return Response(b"called")


@pytest.mark.parametrize("app", [request_response(_never_reads), _Item], ids=["function", "class"])
async def test_a_declared_length_over_the_limit_is_rejected_though_it_is_never_read(post: Any, app: Any) -> None:
    too_long, allowed = [(b"content-length", b"16777217")], [(b"content-length", b"16777216")]
    sent = await post(app, b"x", headers=too_long)
    assert (sent.status, sent.headers["connection"]) == (413, "close")
    assert (await post(app, b"x", headers=allowed)).body == b"called"
    assert (await post(app, headers=[])).body == b"called"

    async def unlimited(scope: Any, receive: Any, send: Any) -> None:
        scope_record(scope)["max_body_size"] = None
        await app(scope, receive, send)

    assert (await post(unlimited, b"x", headers=too_long)).body == b"called"


async def test_a_stricter_limit_that_the_endpoint_sets_is_compared_with_the_declared_length(post: Any) -> None:
    async def receive() -> Any:
        raise AssertionError("the body is rejected by its declared length, before it is received")

    async def reads(request: Request) -> Response:
        scope_record(request.scope)["max_body_size"] = 3
        with pytest.raises(BodyTooLarge):
            await request.body()
        with pytest.raises(BodyTooLarge):
            await anext(aiter(request.stream()))
        return Response(b"called")

    async def app(scope: Any, _: Any, send: Any) -> None:
        await request_response(reads)(scope, receive, send)

    assert (await post(app, b"four", headers=[(b"content-length", b"4")])).body == b"called"


async def test_whether_a_declared_length_is_checked_is_up_to_the_class(post: Any) -> None:
    class Lenient(Request):
        rejects_declared_size = False

    app = request_response(_never_reads, request_class=Lenient)
    assert (await post(app, b"x", headers=[(b"content-length", b"16777217")])).body == b"called"


@pytest.mark.parametrize("messages_read", [1, 2], ids=["in part", "wholly"])
async def test_a_body_that_a_raw_application_has_read_is_an_error_at_once(messages_read: int) -> None:
    scope = scope_of()
    receive = CountedReceive(scope, channel(b"ab", b"cd"), None)
    for _ in range(messages_read):
        await receive()
    for _ in range(2):
        with anyio.fail_after(1), pytest.raises(RuntimeError, match=r"awaits receive\(\) itself"):
            await Request(scope, receive).body()
        with anyio.fail_after(1), pytest.raises(RuntimeError, match=r"awaits receive\(\) itself"):
            await anext(aiter(Request(scope, receive).stream()))


async def test_what_was_read_by_a_request_is_read_again_through_a_counted_channel() -> None:
    scope = scope_of()
    receive = CountedReceive(scope, channel(b"ab", b"cd"), None)
    assert await Request(scope, receive).body() == b"abcd"
    assert await Request(scope, receive).body() == b"abcd"


async def test_a_handler_that_reads_a_body_that_was_streamed_gets_an_error_at_once(post: Any) -> None:
    errors: list[str] = []

    async def endpoint(request: Request) -> Response:
        async for _ in request.stream():
            raise KeyError("x")
        raise AssertionError

    async def handler(request: Request, exc: Exception) -> Response:
        with anyio.fail_after(1), pytest.raises(RuntimeError, match="already streamed") as caught:
            await request.body()
        errors.append(str(caught.value))
        return Response(b"handled")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        register_handlers(scope, {KeyError: handler})
        await request_response(endpoint)(scope, receive, send)

    assert (await post(app, b"a", b"b")).body == b"handled"
    assert len(errors) == 1
