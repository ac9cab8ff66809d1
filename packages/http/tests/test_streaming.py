from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from testkit import request_messages

from armillary.asgi_types import ClientDisconnect
from armillary.http import EventSourceResponse, JSONLinesResponse, Request, StreamingResponse, request_response

pytestmark = pytest.mark.anyio

versions = pytest.mark.parametrize("spec_version", ["2.0", "2.3", "2.4", "2.10"])


class Source:
    """An endless source that counts what was taken and whether it was closed."""

    def __init__(self, parts: int = 10**9) -> None:
        self.taken = 0
        self.closed = False
        self.parts = parts

    async def stream(self) -> AsyncIterator[bytes]:
        try:
            while self.taken < self.parts:
                self.taken += 1
                yield b"part"
                await anyio.sleep(0)
        finally:
            self.closed = True


@versions
async def test_parts_are_sent_as_they_come_and_then_the_end(exchange: Any, spec_version: str) -> None:
    sent = await exchange(spec_version=spec_version).run(StreamingResponse(Source(2).stream(), media_type="text/plain"))
    assert sent.sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        },
        {"type": "http.response.body", "body": b"part", "more_body": True},
        {"type": "http.response.body", "body": b"part", "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]


@versions
async def test_a_disconnect_stops_and_closes_the_source(exchange: Any, spec_version: str) -> None:
    source = Source()
    one = exchange(spec_version=spec_version, disconnected_after=5)
    with anyio.fail_after(5):
        if spec_version in ("2.4", "2.10"):
            with pytest.raises(ClientDisconnect) as caught:
                await one.run(StreamingResponse(source.stream()))
            assert isinstance(caught.value.__cause__, BrokenPipeError)
        else:
            await one.run(StreamingResponse(source.stream()))
    assert source.closed
    assert source.taken < 20


async def test_a_source_that_waits_is_stopped_too_if_the_server_cannot_raise(exchange: Any) -> None:
    closed = False

    async def silent() -> AsyncIterator[str]:
        nonlocal closed
        try:
            yield "one"
            await anyio.sleep_forever()
        finally:
            closed = True

    with anyio.fail_after(5):
        await exchange(spec_version="2.3", disconnected_after=2).run(StreamingResponse(silent()))
    assert closed


@versions
async def test_an_error_of_the_source_keeps_its_identity(exchange: Any, spec_version: str) -> None:
    error = OSError("the disk failed")

    async def failing() -> AsyncIterator[str]:
        yield "one"
        raise error

    one = exchange(spec_version=spec_version)
    with pytest.raises(OSError) as caught:
        await one.run(StreamingResponse(failing()))
    assert caught.value is error
    assert len(one.scope["armillary"]["started_sends"]) == 1


@versions
async def test_an_error_group_of_the_source_is_not_unwrapped(exchange: Any, spec_version: str) -> None:
    group = ExceptionGroup("mine", [ValueError("x")])

    async def failing() -> AsyncIterator[str]:
        yield "one"
        raise group

    with pytest.raises(ExceptionGroup) as caught:
        await exchange(spec_version=spec_version).run(StreamingResponse(failing()))
    assert caught.value is group


async def test_an_error_of_receive_reaches_the_caller_as_it_is(exchange: Any) -> None:
    one = exchange(spec_version="2.3")

    async def receive() -> Any:
        raise LookupError("no such connection")

    with anyio.fail_after(5), pytest.raises(LookupError):
        await StreamingResponse(Source().stream())(one.scope, receive, one.send)


@versions
async def test_the_source_shares_the_context_of_the_caller(exchange: Any, spec_version: str) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def setting() -> AsyncIterator[str]:
        variable.set("by the source")
        yield "x"

    await exchange(spec_version=spec_version).run(StreamingResponse(setting()))
    assert variable.get() == "by the source"


@versions
async def test_the_start_is_sent_before_any_scope_is_opened(exchange: Any, spec_version: str) -> None:
    # A scope opened by a wrapped send stays open until the end, as that of a deadline does: the
    # response's own must nest within it.
    one = exchange(spec_version=spec_version)
    deadline = anyio.CancelScope()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            deadline.__enter__()
        await one.send(message)

    await StreamingResponse(Source(3).stream())(one.scope, one.receive, send)
    deadline.__exit__(None, None, None)
    assert one.body == b"part" * 3


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_without_a_body_to_send_the_source_is_not_advanced(exchange: Any, method: str, status: int) -> None:
    source = Source()
    sent = await exchange(method=method).run(StreamingResponse(source.stream(), status))
    assert source.taken == 0
    assert sent.body == b""
    assert sent.sent[-1] == {"type": "http.response.body", "body": b""}


async def test_a_head_keeps_the_declared_length_and_a_204_does_not(exchange: Any) -> None:
    declared = {"Content-Length": "400"}
    sent = await exchange(method="HEAD").run(StreamingResponse([b"x"], headers=declared))
    assert sent.headers["content-length"] == "400"
    sent = await exchange().run(StreamingResponse([b"x"], 204, headers=declared))
    assert "content-length" not in sent.headers


async def test_blocking_sources_run_in_threads_and_are_closed(exchange: Any) -> None:
    closed = False

    def blocking() -> Iterator[str]:
        nonlocal closed
        try:
            while True:
                yield "part"
        finally:
            closed = True

    with anyio.fail_after(5), pytest.raises(ClientDisconnect):
        await exchange(disconnected_after=4).run(StreamingResponse(blocking()))
    assert closed


@pytest.mark.parametrize("content", ["abc", b"abc", ["a", b"bc"], ("ab", memoryview(b"c"))])
async def test_what_is_in_memory_needs_no_thread(exchange: Any, content: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import armillary.concurrency

    monkeypatch.delattr(armillary.concurrency, "iterate_in_threadpool")
    assert (await exchange().run(StreamingResponse(content))).body == b"abc"


@pytest.mark.parametrize("content", [None, 5, object()])
def test_what_cannot_be_iterated_is_rejected_at_construction(content: Any) -> None:
    with pytest.raises(TypeError, match="must be iterable"):
        StreamingResponse(content)


class Counted:
    """A blocking iterable that can be iterated again and again."""

    def __iter__(self) -> Iterator[str]:
        return iter(("a", "bc"))


@pytest.mark.parametrize("content", ["abc", b"abc", ["a", b"bc"], ("ab", "c"), {"a": 1, "bc": 2}, Counted()])
async def test_what_can_be_iterated_again_is_sent_as_often_as_asked_for(exchange: Any, content: Any) -> None:
    response = StreamingResponse(content)
    assert [(await exchange().run(response)).body for _ in range(3)] == [b"abc"] * 3


@versions
async def test_an_iterator_that_the_content_makes_is_closed_too(exchange: Any, spec_version: str) -> None:
    class Rows:
        closed = 0

        async def __aiter__(self) -> AsyncIterator[str]:
            try:
                while True:
                    yield "row"
                    await anyio.sleep(0)
            finally:
                self.closed += 1

        async def aclose(self) -> None:
            assert self.closed

    rows = Rows()
    response = StreamingResponse(rows)
    for served in (1, 2):
        with anyio.fail_after(5), suppress(ClientDisconnect):
            await exchange(spec_version=spec_version, disconnected_after=3).run(response)
        assert rows.closed == served


async def test_a_part_of_another_type_is_an_error_and_closes_the_source(exchange: Any) -> None:
    closed = False

    async def wrong() -> AsyncIterator[Any]:
        nonlocal closed
        try:
            yield {"not": "text"}
        finally:
            closed = True

    with pytest.raises(TypeError, match="not dict"):
        await exchange().run(StreamingResponse(wrong()))
    assert closed


@versions
async def test_cancellation_from_outside_runs_no_background(exchange: Any, spec_version: str) -> None:
    source = Source()

    async def background() -> None:
        pytest.fail("the background ran")

    with anyio.move_on_after(0.05) as scope:
        await exchange(spec_version=spec_version).run(StreamingResponse(source.stream(), background=background))
    assert scope.cancelled_caught
    assert source.closed


async def test_background_runs_after_a_disconnect_that_was_only_detected(exchange: Any) -> None:
    ran = anyio.Event()

    async def background() -> None:
        await anyio.sleep(0)
        ran.set()

    await exchange(spec_version="2.3", disconnected_after=3).run(
        StreamingResponse(Source().stream(), background=background)
    )
    assert ran.is_set()


async def test_without_a_need_no_task_group_is_opened(exchange: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        pytest.fail("a task group was opened")

    monkeypatch.setattr(anyio, "create_task_group", fail)
    assert (await exchange().run(StreamingResponse(Source(3).stream()))).body == b"part" * 3


async def test_a_rejected_websocket_is_sent_the_stream(exchange: Any) -> None:
    one = exchange(type="websocket", extensions={"websocket.http.response": {}}, spec_version="2.3")
    await StreamingResponse(["a", "b"], 403)(one.scope, one.receive, one.send)
    assert one.kinds == ["websocket.http.response.start"] + ["websocket.http.response.body"] * 3


@versions
async def test_a_response_may_read_the_request_while_it_is_sent(exchange: Any, spec_version: str) -> None:
    one = exchange(spec_version=spec_version, method="POST")
    parts = [b"a", b"b", b"c"]
    one.received = request_messages(parts)
    receive = one.receive

    async def slowly() -> Any:
        await anyio.sleep(0.01)
        return await receive()

    one.receive = slowly

    async def echo(request: Request) -> StreamingResponse:
        async def upper() -> AsyncIterator[bytes]:
            async for part in request.stream():
                yield part.upper()

        return StreamingResponse(upper())

    with anyio.fail_after(5):
        assert (await one.run(request_response(echo))).body == b"ABC"


@versions
@pytest.mark.parametrize("whole", [True, False], ids=["body", "stream"])
async def test_a_response_may_begin_late_to_read_the_request(exchange: Any, spec_version: str, whole: bool) -> None:
    one = exchange(spec_version=spec_version, method="POST")
    to_server, from_client = anyio.create_memory_object_stream[Any](10)
    one.receive = from_client.receive

    async def echo(request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b">"
            await anyio.sleep(0.02)
            if whole:
                yield await request.body()
                return
            async for part in request.stream():
                yield part
                if part:  # the client continues when it gets a part
                    await to_server.send({"type": "http.request", "body": b"", "more_body": part != b"c"})

        return StreamingResponse(parts())

    for part in (b"a", b"b", b"c"):
        await to_server.send({"type": "http.request", "body": part, "more_body": not whole or part != b"c"})
    with to_server, from_client, anyio.fail_after(5):
        assert (await one.run(request_response(echo))).body == b">abc"


@versions
async def test_a_response_that_reads_late_is_given_what_comes_later(exchange: Any, spec_version: str) -> None:
    one = exchange(spec_version=spec_version, method="POST")
    to_server, from_client = anyio.create_memory_object_stream[Any]()
    one.receive = from_client.receive

    async def client() -> None:
        for part in (b"a", b"b", b"c"):
            await anyio.sleep(0.02)
            await to_server.send({"type": "http.request", "body": part, "more_body": part != b"c"})

    async def echo(request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            await anyio.sleep(0.01)
            assert not await request.is_disconnected()
            async for part in request.stream():
                yield part

        return StreamingResponse(parts())

    with to_server, from_client, anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(client)
            assert (await one.run(request_response(echo))).body == b"abc"


async def test_a_body_too_large_to_keep_is_dropped_and_says_so_when_it_is_read(exchange: Any) -> None:
    one = exchange(spec_version="2.3", method="POST", disconnected_after=4)
    one.received = request_messages([b"x"] * 100)

    async def late(request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield "begun"
            await anyio.sleep(0.02)
            with pytest.raises(RuntimeError, match="Stream consumed"):
                await request.body()
            yield "read"
            yield "disconnected"
            await anyio.sleep_forever()

        return StreamingResponse(parts())

    with anyio.fail_after(5):
        await one.run(request_response(late))
    assert not one.received


@pytest.mark.parametrize("polled", [True, False])
async def test_a_disconnect_that_is_received_once_ends_the_stream(exchange: Any, polled: bool) -> None:
    one = exchange(spec_version="2.3", method="POST")
    one.received = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]

    async def endless(request: Request) -> StreamingResponse:
        if polled:
            assert await request.is_disconnected()

        async def parts() -> AsyncIterator[str]:
            with suppress(ClientDisconnect):
                async for _ in request.stream():
                    pass
            yield "begun"
            await anyio.sleep_forever()

        return StreamingResponse(parts())

    with anyio.fail_after(5):
        await one.run(request_response(endless))


async def test_without_the_extension_a_rejected_websocket_advances_nothing(exchange: Any) -> None:
    source = Source()
    one = exchange(type="websocket")
    await StreamingResponse(source.stream(), 403)(one.scope, one.receive, one.send)
    assert one.sent == [{"type": "websocket.close", "code": 1008}]
    assert source.taken == 0


class TestTrailers:
    EXTENSION = {"http.response.trailers": {}}

    async def test_they_follow_the_body(self, exchange: Any) -> None:
        sent = await exchange(extensions=self.EXTENSION).run(StreamingResponse(["x"], trailers={"X-Sum": "7"}))
        assert sent.sent[0]["trailers"] is True
        assert sent.headers["trailer"] == "x-sum"
        assert sent.sent[-1] == {
            "type": "http.response.trailers",
            "headers": [(b"x-sum", b"7")],
            "more_trailers": False,
        }

    async def test_a_disconnect_before_them_is_reported(self, exchange: Any) -> None:
        one = exchange(extensions=self.EXTENSION, disconnected_after=3)
        with pytest.raises(ClientDisconnect):
            await one.run(StreamingResponse(["x"], trailers={"X-Sum": "7"}))
        assert one.kinds == ["http.response.start"] + ["http.response.body"] * 2

    async def test_a_function_is_asked_once_the_body_is_complete(self, exchange: Any) -> None:
        count = 0

        async def parts() -> AsyncIterator[str]:
            nonlocal count
            for _ in range(3):
                count += 1
                yield "x"

        response = StreamingResponse(parts(), trailers=lambda: {"x-count": str(count)})
        sent = await exchange(extensions=self.EXTENSION).run(response)
        assert sent.sent[-1]["headers"] == [(b"x-count", b"3")]

    async def test_a_server_without_them_is_sent_none(self, exchange: Any) -> None:
        sent = await exchange().run(StreamingResponse(["x"], trailers={"x-sum": "7"}))
        assert "trailers" not in sent.sent[0]
        assert sent.kinds[-1] == "http.response.body"

    @pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Host", "Set-Cookie", "content-type"])
    def test_what_must_be_known_before_the_body_is_rejected(self, name: str) -> None:
        with pytest.raises(ValueError, match="cannot be a trailer"):
            StreamingResponse(["x"], trailers={name: "1"})

    def test_line_breaks_are_rejected(self) -> None:
        with pytest.raises(ValueError):
            StreamingResponse(["x"], trailers={"x-sum": "7\r\nx: y"})


class TestJSONLines:
    async def test_each_value_is_a_line(self, exchange: Any) -> None:
        async def values() -> AsyncIterator[Any]:
            yield {"text": "two\nlines\r"}
            yield None

        sent = await exchange().run(JSONLinesResponse(values()))
        assert sent.headers["content-type"] == "application/jsonl"
        assert sent.body == b'{"text":"two\\nlines\\r"}\nnull\n'

    @pytest.mark.parametrize("content", [{"a": 1}, "abc", b"abc"])
    def test_one_value_is_rejected(self, content: Any) -> None:
        with pytest.raises(TypeError, match="wrap it in a list"):
            JSONLinesResponse(content)


@pytest.mark.parametrize("spec_version", ["2.0", "2.3"])
@pytest.mark.parametrize("rest", [[], [b"b"], [b"b", b"c"]], ids=["no more", "one more", "the rest"])
async def test_a_stream_after_half_a_body_was_read_ends_with_its_client(
    exchange: Any, spec_version: str, rest: list[bytes]
) -> None:
    source = Source()

    async def impatient(request: Request) -> StreamingResponse:
        async for part in request.stream():
            assert part == b"a"
            break
        return StreamingResponse(source.stream())

    one = exchange(spec_version=spec_version, method="POST", disconnected_after=5)
    one.received = [{"type": "http.request", "body": part, "more_body": part != b"c"} for part in [b"a", *rest]]
    with anyio.fail_after(5):
        await one.run(request_response(impatient))
    assert source.closed


async def test_a_stream_whose_reading_was_cancelled_ends_with_its_client(exchange: Any) -> None:
    source = Source()

    async def impatient(request: Request) -> StreamingResponse:
        with anyio.move_on_after(0.01):
            await request.body()
        return StreamingResponse(source.stream())

    one = exchange(spec_version="2.3", method="POST", disconnected_after=5)
    one.received = [{"type": "http.request", "body": b"a", "more_body": True}]
    with anyio.fail_after(5):
        await one.run(request_response(impatient))
    assert source.closed


async def test_a_body_is_read_whole_though_its_reader_pauses(exchange: Any) -> None:
    one = exchange(spec_version="2.3", method="POST")
    to_server, from_client = anyio.create_memory_object_stream[Any](100)
    one.receive = from_client.receive
    pieces = [bytes([65 + number % 26]) for number in range(60)]

    async def echo(request: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            number = 0
            async for part in request.stream():
                number += 1
                if number in (1, 30):
                    await anyio.sleep(0.25)  # the watch for a disconnect receives meanwhile, until it is full
                yield part

        return StreamingResponse(parts())

    for number, piece in enumerate(pieces):
        await to_server.send({"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1})
    with to_server, from_client, anyio.fail_after(5):
        assert (await one.run(request_response(echo))).body == b"".join(pieces)


@pytest.mark.parametrize("spec_version", ["2.0", "2.3"])
async def test_nobody_watches_for_a_disconnect_of_a_stream_that_never_waits(exchange: Any, spec_version: str) -> None:
    one = exchange(spec_version=spec_version)

    async def receive() -> Any:
        pytest.fail("the stream was watched")

    await StreamingResponse(["a", "b"])(one.scope, receive, one.send)
    assert one.body == b"ab"


@versions
@pytest.mark.parametrize("kind", [StreamingResponse, JSONLinesResponse])
async def test_an_endless_stream_ends_whole_when_the_server_stops(exchange: Any, spec_version: str, kind: Any) -> None:
    stopping, closed = anyio.Event(), anyio.Event()

    async def endless() -> AsyncIterator[str]:
        try:
            yield "part"
            stopping.set()
            await anyio.sleep_forever()
        finally:
            closed.set()

    with anyio.fail_after(5):
        sent = await exchange(spec_version=spec_version, armillary={"stopping": stopping}).run(
            kind(endless(), endless=True)
        )
    assert b"part" in sent.body
    assert sent.sent[-1]["more_body"] is False
    assert closed.is_set()


@versions
@pytest.mark.parametrize("kind", [StreamingResponse, JSONLinesResponse])
async def test_an_endless_stream_is_not_begun_while_the_server_stops(
    exchange: Any, spec_version: str, kind: Any
) -> None:
    stopping, begun = anyio.Event(), []
    stopping.set()

    async def endless() -> AsyncIterator[str]:
        begun.append(True)
        yield "part"

    response = kind(endless(), endless=True)
    sent = await exchange(spec_version=spec_version, armillary={"stopping": stopping}).run(response)
    assert (sent.body, sent.sent[-1]["more_body"], begun) == (b"", False, [])


async def test_a_download_is_sent_to_its_end_though_the_server_stops(exchange: Any) -> None:
    stopping = anyio.Event()
    stopping.set()
    sent = await exchange(armillary={"stopping": stopping}).run(StreamingResponse(Source(3).stream()))
    assert sent.body == b"partpartpart"


@pytest.mark.parametrize("kind", [StreamingResponse, EventSourceResponse])
async def test_a_client_that_reads_nothing_does_not_hold_up_the_stop(kind: Any) -> None:
    stopping = anyio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            stopping.set()
            await anyio.sleep_forever()

    async def receive() -> Any:
        await anyio.sleep_forever()

    options = {"endless": True} if kind is StreamingResponse else {}
    scope = {"type": "http", "method": "GET", "headers": [], "armillary": {"stopping": stopping}}
    with anyio.fail_after(5), pytest.raises(ClientDisconnect, match="while the server stops"):
        await kind(Source().stream(), **options)(scope, receive, send)


def test_an_endless_stream_has_no_trailers() -> None:
    with pytest.raises(ValueError, match="endless=True does not have"):
        StreamingResponse([], endless=True, trailers={"x-sum": "1"})
