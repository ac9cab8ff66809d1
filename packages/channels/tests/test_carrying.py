"""Subscriptions over WebSockets and event streams, in a bare ASGI callable."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from armillary.channels import Channels
from armillary.http import Request
from armillary.lint import lint
from armillary.websockets import WebSocket, WebSocketLimits

pytestmark = pytest.mark.anyio


class Peer:
    """One connection to an application, by hand."""

    def __init__(self, app: Any, kind: str = "websocket", headers: Any = ()) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = True
        self.blocked = anyio.Event()
        self._arrival = anyio.Event()
        self._to_receive: list[dict[str, Any]] = []
        self._app = app
        self.scope: dict[str, Any] = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws" if kind == "websocket" else "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        if kind == "http":
            self.scope["method"] = "GET"
            self.push({"type": "http.request", "body": b"", "more_body": False})
        else:
            self.scope["subprotocols"] = []
            self.push({"type": "websocket.connect"})

    def push(self, message: dict[str, Any]) -> None:
        self._to_receive.append(message)
        self._arrival.set()

    async def receive(self) -> Any:
        while not self._to_receive:
            self._arrival = anyio.Event()
            await self._arrival.wait()
        return self._to_receive.pop(0)

    async def send(self, message: Any) -> None:
        if not self.reads and message["type"] in ("websocket.send", "http.response.body"):
            self.blocked.set()
            await anyio.sleep_forever()
        self.sent.append(message)
        self._news.set()

    async def run(self) -> None:
        await lint(self._app)(self.scope, self.receive, self.send)

    async def until(self, condition: Any) -> None:
        with anyio.fail_after(30):
            while not condition(self.sent):
                self._news = anyio.Event()
                await self._news.wait()

    _news = anyio.Event()

    @property
    def texts(self) -> list[Any]:
        return [json.loads(one["text"]) for one in self.sent if one["type"] == "websocket.send"]

    @property
    def body(self) -> bytes:
        return b"".join(one.get("body", b"") for one in self.sent)


def over_websocket(channels: Channels, limits: WebSocketLimits | None = None, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await channels.websocket(WebSocket(scope, receive, send, limits=limits), "room:7", **options)

    return app


def over_events(channels: Channels, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await channels.events(Request(scope, receive), "room:7", **options)(scope, receive, send)

    return app


async def test_a_websocket_gets_messages_and_passes_on_what_the_client_sends() -> None:
    channels = Channels()

    async def say(text: str) -> None:
        await channels.publish("room:7", {"said": text})

    peer = Peer(over_websocket(channels, on_text=say))
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: sent)
        peer.push({"type": "websocket.receive", "text": "hello"})
        await peer.until(lambda sent: len(sent) == 2)
        assert peer.texts == [{"said": "hello"}]
        peer.push({"type": "websocket.disconnect", "code": 1001})


async def test_a_client_gets_cursors_and_continues_with_one() -> None:
    channels = Channels()
    cursors = [await channels.publish("room:7", number) for number in range(3)]
    peer = Peer(over_websocket(channels, cursors=True, after=cursors[0]))
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: len(sent) == 3)
        assert peer.texts == [{"channel": "room:7", "cursor": cursors[number], "data": number} for number in (1, 2)]
        peer.push({"type": "websocket.disconnect", "code": 1001})


async def test_a_gap_is_sent_to_the_client() -> None:
    channels = Channels(history=1)
    cursors = [await channels.publish("room:7", number) for number in range(3)]
    peer = Peer(over_websocket(channels, after=cursors[0]))
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: len(sent) == 3)
        assert peer.texts == [{"gap": {"name": "room:7", "reason": "history", "count": None}}, 2]
        peer.push({"type": "websocket.disconnect", "code": 1001})


async def test_a_cursor_that_cannot_be_continued_closes_with_1008() -> None:
    peer = Peer(over_websocket(Channels(), after="nonsense"))
    await peer.run()
    assert (peer.sent[-1]["type"], peer.sent[-1]["code"]) == ("websocket.close", 1008)
    assert "'nonsense' is no cursor" in peer.sent[-1]["reason"]


@pytest.mark.parametrize(("of_channels", "of_websocket"), [(0.05, 30.0), (0.05, None), (30.0, 0.05)])
async def test_a_client_that_stops_reading_is_closed_with_1013_at_the_shorter_limit(
    of_channels: float, of_websocket: float | None
) -> None:
    channels = Channels(send_timeout=of_channels)
    peer = Peer(over_websocket(channels, WebSocketLimits(send_timeout=of_websocket)))
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: sent)
        peer.reads = False
        await channels.publish("room:7", 1)
        await peer.until(lambda sent: sent[-1]["type"] == "websocket.close")
        assert peer.sent[-1]["code"] == 1013


async def test_the_end_of_the_channels_closes_with_1001() -> None:
    channels = Channels()
    peer = Peer(over_websocket(channels))
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: sent)
        await channels.aclose()
        await peer.until(lambda sent: sent[-1]["type"] == "websocket.close")
        assert peer.sent[-1]["code"] == 1001


async def test_an_error_of_the_handler_keeps_its_identity() -> None:
    async def fail(text: str) -> None:
        raise LookupError(text)

    peer = Peer(over_websocket(Channels(), on_text=fail))
    peer.push({"type": "websocket.receive", "text": "x"})
    with pytest.raises(LookupError, match="x"):
        await peer.run()


async def test_an_event_stream_has_cursors_as_ids_and_continues_after_the_last() -> None:
    channels = Channels()
    cursors = [await channels.publish("room:7", number) for number in range(3)]
    peer = Peer(over_events(channels), "http", [(b"last-event-id", cursors[1].encode())])
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: b"data: 2" in peer.body)
        cursor = await channels.publish("room:7", {"text": "live"})
        await peer.until(lambda sent: b"live" in peer.body)
        wanted = f'id: {cursors[2]}\ndata: 2\n\nid: {cursor}\ndata: {{"text":"live"}}\n\n'
        assert peer.body.decode() == wanted
        peer.push({"type": "http.disconnect"})
        group.cancel_scope.cancel()


async def test_an_event_stream_reports_a_gap() -> None:
    channels = Channels(history=1)
    cursors = [await channels.publish("room:7", number) for number in range(3)]
    peer = Peer(over_events(channels), "http", [(b"last-event-id", cursors[0].encode())])
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: b"data: 2" in peer.body)
        assert peer.body.startswith(b"event: gap\ndata: {")
        group.cancel_scope.cancel()


async def test_a_bad_last_event_id_gets_400() -> None:
    peer = Peer(over_events(Channels()), "http", [(b"last-event-id", b"7")])
    await peer.run()
    assert peer.sent[0]["status"] == 400
    assert b"is no cursor" in peer.body


async def test_an_event_stream_that_does_not_keep_up_ends() -> None:
    channels = Channels(queue=2)
    peer = Peer(over_events(channels), "http")
    async with anyio.create_task_group() as group:
        group.start_soon(peer.run)
        await peer.until(lambda sent: sent)
        for subscriptions in channels._hub._subscriptions.values():
            for subscription in subscriptions:
                subscription._limit = 0
        await channels.publish("room:7", 1)
        await peer.until(lambda sent: sent[-1].get("more_body") is False)


async def test_each_message_is_encoded_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    from armillary.channels import _checks, _message

    encoded: list[Any] = []
    encode, event = _checks.encode_json, _message.ServerSentEvent

    def counted(value: Any) -> bytes:
        encoded.append(value)
        return encode(value)

    def counted_event(*args: Any, **fields: Any) -> Any:
        encoded.append("event")
        return event(*args, **fields)

    monkeypatch.setattr(_checks, "encode_json", counted)
    monkeypatch.setattr(_message, "ServerSentEvent", counted_event)
    channels = Channels()
    peers = [Peer(over_websocket(channels)) for _ in range(10)]
    peers += [Peer(over_events(channels), "http") for _ in range(10)]
    async with anyio.create_task_group() as group:
        for peer in peers:
            group.start_soon(peer.run)
        for peer in peers:
            await peer.until(lambda sent: sent)
        await channels.publish("room:7", {"a": 1})
        for peer in peers:
            await peer.until(lambda sent: len(sent) == 2)
        assert encoded == [{"a": 1}, "event"]
        group.cancel_scope.cancel()


async def test_event_stream_yields_bytes_for_any_framework() -> None:
    channels = Channels()
    stream = channels.event_stream("room:*", last=5)
    cursor = await channels.publish("room:7", 1)
    assert await anext(stream) == f"id: {cursor}\ndata: 1\n\n".encode()
    await stream.aclose()  # type: ignore[attr-defined]
