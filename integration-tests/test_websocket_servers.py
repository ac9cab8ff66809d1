"""The same behaviour on every server, however differently they report a disconnect."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

SERVERS = ["uvicorn-websockets", "uvicorn-wsproto", "hypercorn-asyncio", "hypercorn-trio", "granian"]

# Differences between these servers that no application can change.
HIDES_CLOSE_CODES = {"hypercorn-asyncio", "hypercorn-trio"}  # every disconnect is a 1006
DROPS_ACCEPT_HEADERS = {"granian"}
REJECTS_ON_ERROR = {"granian"}  # an exception before accept is a 403, not a 500


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, serve: Callable[..., Any]) -> Any:
    return serve(request.param, "websocket_stories:app")


class Story:
    """One connection to a handler, and the events it recorded."""

    def __init__(self, server: Any, name: str) -> None:
        self.id = uuid4().hex
        self.base = f"ws://127.0.0.1:{server.port}"
        self.name = name

    def open(self, **options: Any) -> ClientConnection:
        return connect(f"{self.base}/{self.name}?id={self.id}", open_timeout=5, close_timeout=2, **options)

    def recorded(self, count: int = 1) -> list[Any]:
        """Return the handler's events once there are `count` of them."""
        deadline = time.monotonic() + 5
        while True:
            with connect(f"{self.base}/report?id={self.id}", open_timeout=5) as connection:
                events: list[Any] = json.loads(connection.recv(timeout=5))
            if len(events) >= count or time.monotonic() > deadline:
                return events
            time.sleep(0.02)


def closing(connection: ClientConnection) -> tuple[int, str]:
    """Read until the connection is closed, and return how."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            connection.recv(timeout=5)
    close = caught.value.rcvd
    assert close is not None
    return close.code, close.reason


@pytest.mark.parametrize("name", ["echo", "echo_in_block"])
def test_messages_go_both_ways(server: Any, name: str) -> None:
    with Story(server, name).open() as connection:
        for message in ("text", "", "ünï\u2028cødé", b"\x00\xff", b"", "x" * 100_000):
            connection.send(message)
            assert connection.recv(timeout=5) == message


def test_a_disconnect_is_reported_in_one_way(server: Any) -> None:
    story = Story(server, "disconnects")
    with story.open() as connection:
        connection.close(4002, "bye")
    recorded = story.recorded(4)
    code = 1006 if server.name in HIDES_CLOSE_CODES else 4002
    assert recorded == [
        ["WebSocketDisconnect", code, recorded[0][2]],
        ["WebSocketDisconnected", code],
        ["WebSocketDisconnected", code],
        "nothing",
    ]
    assert recorded[0][2] in ("bye", "")


def test_a_torn_connection_is_a_disconnect_too(server: Any) -> None:
    story = Story(server, "disconnects")
    with story.open() as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by reset
        connection.socket.close()
    recorded = story.recorded(4)
    assert [recorded[0][0], recorded[1][0], recorded[2][0], recorded[3]] == [
        "WebSocketDisconnect",
        "WebSocketDisconnected",
        "WebSocketDisconnected",
        "nothing",
    ]
    assert recorded[0][1] in (1005, 1006)


def test_a_handler_that_only_sends_detects_the_disconnect(server: Any) -> None:
    story = Story(server, "ticks")
    with story.open() as connection:
        assert connection.recv(timeout=5) == "tick"
        connection.close(4005)
    assert story.recorded() == [1006 if server.name in HIDES_CLOSE_CODES else 4005]


def test_a_handler_that_only_sends_ends_once_its_peer_has_left_without_a_close_frame(server: Any) -> None:
    # hypercorn's trio worker itself fails if it sends while the peer leaves; there the handler sleeps between sends.
    story = Story(server, "ticks" if server.name == "hypercorn-trio" else "sends_without_pause")
    with story.open() as connection:
        assert connection.recv(timeout=5) == "tick"
        connection.socket.shutdown(socket.SHUT_RDWR)  # without a close frame, as a browser that crashed
    assert story.recorded() in (["WebSocketDisconnect"], [1005], [1006])


@pytest.mark.parametrize("name", ["sends_by_hand", "sends_by_hand_after_a_receive_given_up"])
def test_a_handler_that_only_sends_by_hand_ends_once_its_peer_has_left(server: Any, name: str) -> None:
    # hypercorn and granian drop what is sent then, and the send does not fail.
    story = Story(server, name)
    with story.open() as connection:
        assert connection.recv(timeout=5) == "tick"
        connection.socket.shutdown(socket.SHUT_RDWR)
    assert story.recorded() == ["WebSocketDisconnect"]


def test_a_handler_that_sends_much_by_hand_receives_every_message_in_order(server: Any) -> None:
    with Story(server, "sends_much_then_receives").open() as connection:
        for number in range(200):
            connection.send(str(number))
            time.sleep(0.001)
        connection.send("end")
        while (text := connection.recv(timeout=10)) == "tick":
            pass
        assert json.loads(text) == [str(number) for number in range(200)]


def test_a_handler_that_waits_elsewhere_detects_the_disconnect(server: Any) -> None:
    story = Story(server, "waits")
    with story.open() as connection:
        assert connection.recv(timeout=5) == "waiting"
    assert story.recorded() == ["DISCONNECTED"]


def test_misuse_is_reported_before_the_server_sees_it(server: Any) -> None:
    story = Story(server, "misuse")
    with story.open() as connection:
        assert closing(connection) == (4000, "done")
    assert story.recorded(8) == [
        "RuntimeError",
        "RuntimeError",
        "RuntimeError",
        "ValueError",
        "TypeError",
        "WebSocketDisconnected",
        "WebSocketDisconnected",
        True,
    ]


def test_an_exception_with_a_code_closes_with_it(server: Any) -> None:
    with Story(server, "coded").open() as connection:
        assert closing(connection) == (4001, "no way")


def test_an_unhandled_exception_closes_with_1011(server: Any) -> None:
    with Story(server, "broken").open() as connection:
        assert closing(connection)[0] == 1011


@pytest.mark.parametrize(("name", "status"), [("broken_before_accept", 500), ("rejected", 403)])
def test_a_handshake_that_is_not_accepted_gets_a_response(server: Any, name: str, status: int) -> None:
    if server.name in REJECTS_ON_ERROR:
        status = 403
    with pytest.raises(InvalidStatus) as caught:
        Story(server, name).open()
    assert caught.value.response.status_code == status


def test_an_http_exception_before_accept_is_the_response(server: Any) -> None:
    with pytest.raises(InvalidStatus) as caught:
        Story(server, "unauthorised").open()
    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.body == b"Who are you?"


def test_subprotocol_and_headers_reach_the_client(server: Any) -> None:
    with Story(server, "negotiates").open(subprotocols=["superchat", "chat"]) as connection:
        assert connection.subprotocol == "chat"
        assert connection.response is not None
        assert connection.response.headers.get("X-Room") == (None if server.name in DROPS_ACCEPT_HEADERS else "blue")
        assert closing(connection)[0] == 1000


@pytest.mark.parametrize(
    ("message", "code"), [("{", 1007), ("[" * 100_000, 1007), (b"{}", 1003)], ids=["malformed", "deep", "binary"]
)
def test_bad_json_closes_with_a_code(server: Any, message: str | bytes, code: int) -> None:
    with Story(server, "json_only").open() as connection:
        connection.send("1")
        assert connection.recv(timeout=5) == '{"got":1}'
        connection.send(message)
        assert closing(connection)[0] == code


def test_a_message_larger_than_allowed_closes_with_1009(server: Any) -> None:
    with Story(server, "small").open() as connection:
        connection.send("x" * 1000)
        assert connection.recv(timeout=5) == "1000"
        connection.send(b"x" * 1001)
        assert closing(connection)[0] == 1009


def test_a_silent_peer_is_closed_with_1001(server: Any) -> None:
    story = Story(server, "impatient")
    with story.open() as connection:
        connection.send("x")
        assert closing(connection)[0] == 1001
    assert story.recorded() == ["ended"]


def test_more_unread_messages_than_allowed_close_with_1008(server: Any) -> None:
    story = Story(server, "slow")
    with story.open() as connection:
        for _ in range(5):
            connection.send("x")
        assert closing(connection)[0] == 1008
    assert story.recorded() == ["ended"]


def test_a_page_of_another_origin_is_rejected_and_an_allowed_one_is_not(server: Any) -> None:
    headers = {"Cookie": "session=x"}
    with pytest.raises(InvalidStatus) as caught:
        Story(server, "guarded").open(origin="https://evil.test", additional_headers=headers)
    assert caught.value.response.status_code == 403
    own = f"http://127.0.0.1:{server.port}"
    for origin in ("https://friend.test", own):
        with Story(server, "guarded").open(origin=origin, additional_headers=headers) as connection:
            connection.send("x")
            assert connection.recv(timeout=5) == "x"


def test_connections_keep_apart(server: Any) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(Story(server, "echo_in_block").open()) for _ in range(50)]
        for number, connection in enumerate(connections):
            connection.send(str(number))
        assert [connection.recv(timeout=5) for connection in connections] == [str(number) for number in range(50)]
