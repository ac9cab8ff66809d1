from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ClientDisconnect
from armillary.datastructures import HTTPConnection
from armillary.http import EventSourceResponse, ServerSentEvent, last_event_id

pytestmark = pytest.mark.anyio

versions = pytest.mark.parametrize("spec_version", ["2.3", "2.4"])


class Stopping:
    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        await self._event.wait()


def browser_events(stream: bytes) -> list[tuple[str, str, str]]:
    """Read a stream as a browser does (WHATWG HTML section 9.2.6): type, data and last id of each event."""
    text = stream.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    events, data, kind, last_id = [], [], "", ""
    for line in text.split("\n")[:-1]:
        if not line:
            if data:
                events.append((kind or "message", "\n".join(data), last_id))
            data, kind = [], ""
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            kind = value
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


class TestEncoding:
    def test_each_field_is_a_line(self) -> None:
        event = ServerSentEvent("hello", event="news", id="7", retry=500, comment="note")
        assert event.encode() == b": note\nevent: news\nid: 7\nretry: 500\ndata: hello\n\n"

    def test_data_that_is_no_text_is_json(self) -> None:
        assert ServerSentEvent({"é": [1]}).encode() == 'data: {"é":[1]}\n\n'.encode()

    def test_an_event_without_data_is_dispatched_with_an_empty_line(self) -> None:
        event = ServerSentEvent(event="done", id="7")
        assert event.encode() == b"event: done\nid: 7\ndata: \n\n"
        assert browser_events(event.encode()) == [("done", "", "7")]

    def test_without_data_and_event_nothing_is_dispatched(self) -> None:
        for event in (ServerSentEvent(comment="only"), ServerSentEvent(id="7"), ServerSentEvent(retry=500)):
            assert browser_events(event.encode()) == []

    @pytest.mark.parametrize("number", [0, 7, -1, 10**30])
    def test_an_id_may_be_a_number(self, number: int) -> None:
        event = ServerSentEvent("x", id=number)
        assert event.id == str(number)
        assert event.encode() == b"id: %d\ndata: x\n\n" % number

    @pytest.mark.parametrize("fields", [{"id": 1.5}, {"id": True}, {"id": b"1"}, {"event": 5}])
    def test_event_and_id_of_other_types_are_rejected(self, fields: Any) -> None:
        with pytest.raises(TypeError, match="must be text"):
            ServerSentEvent("x", **fields)

    @pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\r\nb", "\r", "a\0", "x\r\rdata: forged"])
    @pytest.mark.parametrize("field", ["event", "id"])
    def test_line_ends_in_event_and_id_are_rejected(self, field: Any, bad: str) -> None:
        with pytest.raises(ValueError, match=f"{field}="):
            ServerSentEvent("x", **{field: bad})
        with pytest.raises(AttributeError):
            setattr(ServerSentEvent("x"), field, bad)

    @pytest.mark.parametrize("bad", [-1, 1.5, "1\ndata: forged", True])
    def test_retry_is_a_whole_number(self, bad: Any) -> None:
        with pytest.raises(ValueError, match="retry="):
            ServerSentEvent("x", retry=bad)

    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
    def test_no_line_end_in_data_or_comment_starts_a_field(self, end: str) -> None:
        hostile = f"a{end}event: forged{end}{end}data: forged"
        assert browser_events(ServerSentEvent(hostile).encode()) == [
            ("message", "a\nevent: forged\n\ndata: forged", "")
        ]
        assert browser_events(ServerSentEvent(comment=hostile).encode()) == []

    def test_separators_that_are_no_line_ends_stay_in_their_line(self) -> None:
        assert browser_events(ServerSentEvent("a\u2028b\x0bc\x85d").encode()) == [("message", "a\u2028b\x0bc\x85d", "")]

    @given(st.text(), st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1))
    def test_a_browser_reads_what_was_given(self, data: str, field: str) -> None:
        try:
            data.encode()
        except UnicodeEncodeError:
            return
        ((kind, read, last_id),) = browser_events(ServerSentEvent(data, event=field, id=field).encode())
        assert read == data.replace("\r\n", "\n").replace("\r", "\n")
        assert (kind, last_id) == (field, field)


@versions
async def test_events_text_and_values_are_sent(exchange: Any, spec_version: str) -> None:
    async def events() -> AsyncIterator[Any]:
        yield "text"
        yield {"n": 1}
        yield ServerSentEvent("x", event="own")
        yield b"data: forged\n\n"

    sent = await exchange(spec_version=spec_version).run(EventSourceResponse(events()))
    assert sent.headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }
    assert browser_events(sent.body) == [
        ("message", "text", ""),
        ("message", '{"n":1}', ""),
        ("own", "x", ""),
        ("message", "data: forged\n\n", ""),
    ]
    assert sent.sent[-1]["more_body"] is False


async def test_given_headers_win(exchange: Any) -> None:
    sent = await exchange().run(EventSourceResponse(["x"], headers={"Cache-Control": "no-cache"}))
    assert sent.headers["cache-control"] == "no-cache"


async def test_retry_is_the_first_thing_sent(exchange: Any) -> None:
    sent = await exchange().run(EventSourceResponse(["x"], retry=250))
    assert sent.body == b"retry: 250\n\ndata: x\n\n"


@versions
async def test_silence_is_filled_with_pings_and_activity_is_not(exchange: Any, spec_version: str) -> None:
    one = exchange(spec_version=spec_version)
    pings = 0
    pinged = anyio.Event()

    async def send(message: Any) -> None:
        nonlocal pings
        pings += message.get("body") == b": ping\n\n"
        if pings == 2:
            pinged.set()
        await one.send(message)

    async def events() -> AsyncIterator[str]:
        for _ in range(10):
            yield "busy"
        await pinged.wait()
        yield "end"

    with anyio.fail_after(60):
        await EventSourceResponse(events(), ping=0.1)(one.scope, one.receive, send)
    before, *_, after = one.body.split(b": ping\n\n")
    assert before.count(b"busy") == 10
    assert after.endswith(b"data: end\n\n")


async def test_pings_never_run_within_another_send(exchange: Any) -> None:
    one = exchange(spec_version="2.3")
    within = 0
    most = 0

    async def send(message: Any) -> None:
        nonlocal within, most
        within += 1
        most = max(most, within)
        await anyio.sleep(0.004)
        within -= 1
        await one.send(message)

    async def events() -> AsyncIterator[str]:
        for number in range(12):
            await anyio.sleep(0.003 * (number % 4))
            yield "x"

    await EventSourceResponse(events(), ping=0.004)(one.scope, one.receive, send)
    assert most == 1
    assert one.body.count(b"data: x\n\n") == 12
    assert one.sent[-1]["more_body"] is False


@versions
async def test_a_silent_stream_ends_when_the_client_disconnects(exchange: Any, spec_version: str) -> None:
    closed = False

    async def silent() -> AsyncIterator[str]:
        nonlocal closed
        try:
            yield "one"
            await anyio.sleep_forever()
        finally:
            closed = True

    one = exchange(spec_version=spec_version, disconnected_after=2)
    with anyio.fail_after(5):
        if spec_version == "2.4":  # only a ping can detect it
            with pytest.raises(ClientDisconnect):
                await one.run(EventSourceResponse(silent(), ping=0.02))
        else:
            await one.run(EventSourceResponse(silent()))
    assert closed


@versions
@pytest.mark.parametrize("ping", [None, 15.0])
async def test_a_stream_ends_when_the_server_stops(exchange: Any, spec_version: str, ping: Any) -> None:
    stopping = Stopping()
    closed = False
    background = anyio.Event()

    async def silent() -> AsyncIterator[str]:
        nonlocal closed
        try:
            yield "one"
            stopping.set()
            await anyio.sleep_forever()
        finally:
            closed = True

    async def after() -> None:
        background.set()

    response = EventSourceResponse(silent(), ping=ping, stop_retry=700, background=after)
    with anyio.fail_after(5):
        sent = await exchange(spec_version=spec_version, armillary={"stopping": stopping}).run(response)
    assert sent.body == b"data: one\n\nretry: 700\n\n"
    assert sent.sent[-1]["more_body"] is False
    assert closed
    assert background.is_set()


async def test_a_stream_begun_while_stopping_ends_at_once(exchange: Any) -> None:
    stopping = Stopping()
    stopping.set()

    async def never() -> AsyncIterator[str]:
        pytest.fail("the content was advanced")
        yield ""

    sent = await exchange(armillary={"stopping": stopping}).run(EventSourceResponse(never()))
    assert sent.body == b"retry: 3000\n\n"


async def test_a_head_does_not_advance_the_content(exchange: Any) -> None:
    async def never() -> AsyncIterator[str]:
        pytest.fail("the content was advanced")
        yield ""

    assert (await exchange(method="HEAD").run(EventSourceResponse(never()))).body == b""


@versions
async def test_an_error_of_the_content_keeps_its_identity(exchange: Any, spec_version: str) -> None:
    error = ValueError("mine")

    async def failing() -> AsyncIterator[str]:
        yield "x"
        raise error

    with pytest.raises(ValueError) as caught:
        await exchange(spec_version=spec_version).run(EventSourceResponse(failing()))
    assert caught.value is error


@pytest.mark.parametrize("bad", [0, -1, float("nan")])
def test_the_ping_interval_is_positive(bad: float) -> None:
    with pytest.raises(ValueError, match="ping="):
        EventSourceResponse([], ping=bad)


@pytest.mark.parametrize("name", ["retry", "stop_retry"])
def test_waits_are_whole_numbers(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}="):
        EventSourceResponse([], **{name: -1})  # type: ignore[arg-type]


def test_one_text_is_rejected() -> None:
    with pytest.raises(TypeError, match="wrap it in a list"):
        EventSourceResponse("x")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([(b"last-event-id", b"")], None),
        ([(b"last-event-id", b"7")], "7"),
        ([(b"last-event-id", "é☃".encode())], "é☃"),
        ([(b"last-event-id", b"\xff")], "\ufffd"),
    ],
)
def test_last_event_id(headers: Any, expected: str | None) -> None:
    assert last_event_id(HTTPConnection({"type": "http", "headers": headers})) == expected
