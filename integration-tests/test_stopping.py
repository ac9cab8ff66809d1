"""A restart with open streams, WebSockets and background work ends quickly and cleanly, on every server."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SERVERS = ["uvicorn-websockets", "uvicorn-wsproto", "hypercorn-asyncio", "hypercorn-trio", "granian"]

DIES_OF_SIGTERM = {"hypercorn-trio"}  # this worker handles SIGINT only
TEARS_CONNECTIONS = {"granian"}  # on a signal, it may drop sockets before the close frame is out


class Client:
    """A server, and the events that its application logged."""

    def __init__(self, server: Any, log: Path) -> None:
        self.server = server
        self.log = log

    def open_stream(self, path: str, until: bytes, accept: str = "*/*") -> socket.socket:
        # hypercorn listens before it has imported the application.
        connection = socket.create_connection(("127.0.0.1", self.server.port), 30)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())
        received = b""
        while until not in received:
            chunk = connection.recv(65536)
            assert chunk, received
            received += chunk
        return connection

    def open_websocket(self, path: str) -> Any:
        return connect(f"ws://127.0.0.1:{self.server.port}{path}", open_timeout=5, close_timeout=2)

    def send_stop_signal(self, number: int = signal.SIGTERM) -> None:
        if self.server.name in DIES_OF_SIGTERM:
            number = signal.SIGINT
        self.server.process.send_signal(number)

    def end(self) -> float:
        started = time.monotonic()
        output = self.server.process.communicate(timeout=15)[0]
        assert "src/armillary/" not in output, output  # no traceback passes through our code
        return time.monotonic() - started

    def logged(self, *expected: str) -> list[str]:
        deadline = time.monotonic() + 5
        while True:
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            if set(expected) <= set(lines) or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)


@pytest.fixture(params=SERVERS)
def client(request: pytest.FixtureRequest, serve: Callable[..., Any], tmp_path: Path) -> Client:
    log = tmp_path / "log"
    return Client(serve(request.param, "stopping_story:app", STOPPING_LOG=str(log)), log)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_restart_with_open_streams_takes_under_two_seconds(client: Client, number: int) -> None:
    stream = client.open_stream("/stream", b"data: first")
    with client.open_websocket("/chat") as chat, client.open_websocket("/ticks") as ticks:
        assert chat.recv(timeout=5) == "welcome"
        assert ticks.recv(timeout=5) == "tick"
        client.send_stop_signal(number)
        codes = []
        for websocket in (chat, ticks):
            with pytest.raises(ConnectionClosed) as caught:
                while True:
                    websocket.recv(timeout=5)
            codes.append(caught.value.rcvd and caught.value.rcvd.code)
        stream.settimeout(5)
        rest = b""
        while chunk := stream.recv(65536):
            rest += chunk
            if b"retry: 100" in rest:
                break
        stream.close()
    assert client.end() < 2
    if client.server.name not in TEARS_CONNECTIONS:
        assert b"retry: 100" in rest
        assert set(codes) <= {1001, 1012}
    assert {"stream ended", "chat ended"} <= set(client.logged("stream ended", "chat ended"))


def test_streams_end_when_the_application_says_so(client: Client) -> None:
    """`stop()` is for servers that hide their signals from the workers."""
    stream = client.open_stream("/stream", b"data: first")
    client.open_stream("/stop", b"ok").close()
    assert client.logged("stream ended") == ["stream ended"]
    stream.close()


def test_background_work_may_finish_within_the_deadline(client: Client) -> None:
    client.open_stream("/short", b"ok").close()
    assert client.logged("work began") == ["work began"]
    client.send_stop_signal()
    assert client.end() < 3
    assert "work done" in client.logged("work done")


def test_background_work_beyond_the_deadline_is_cancelled_and_reported(client: Client) -> None:
    client.open_stream("/long", b"ok").close()
    assert client.logged("work began") == ["work began"]
    client.send_stop_signal()
    assert client.end() < 4
    logged = client.logged("unfinished: respond_then_work.<locals>.work")
    assert "unfinished: respond_then_work.<locals>.work" in logged
    assert "work done" not in logged


@pytest.mark.parametrize("client", ["uvicorn-websockets", "hypercorn-asyncio"], indirect=True)
def test_background_work_that_a_second_interrupt_cuts_off_is_reported(client: Client) -> None:
    client.open_stream("/long", b"ok").close()
    assert client.logged("work began") == ["work began"]
    client.send_stop_signal(signal.SIGINT)
    time.sleep(0.2)  # less than the deadline of one second
    client.send_stop_signal(signal.SIGINT)
    assert "unfinished: respond_then_work.<locals>.work" in client.logged("unfinished: respond_then_work.<locals>.work")
    client.server.process.wait(5)


SUBSCRIPTION = quote("subscription { words }")
MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
STREAMS = {
    "events": ("/stream", "text/event-stream"),
    "JSON lines": ("/lines", "*/*"),
    "text": ("/text", "*/*"),
    "silent": ("/silent", "*/*"),
    "GraphQL events": (f"/graphql?query={SUBSCRIPTION}", "text/event-stream"),
    "GraphQL multipart": (f"/graphql?query={SUBSCRIPTION}", MULTIPART),
}
ON_ASYNCIO_ALONE = {"GraphQL events", "GraphQL multipart"}


@pytest.mark.parametrize("server", SERVERS)
def test_no_endless_stream_holds_up_the_stop_of_an_application_with_nothing_around_it(
    serve: Callable[..., Any], tmp_path: Path, server: str
) -> None:
    client = Client(serve(server, "default_stopping_story:app"), tmp_path / "log")
    kinds = [kind for kind in STREAMS if server != "hypercorn-trio" or kind not in ON_ASYNCIO_ALONE]
    streams = [client.open_stream(STREAMS[kind][0], b"first", accept=STREAMS[kind][1]) for kind in kinds]
    with client.open_websocket("/ticks") as ticks, client.open_websocket("/waits") as waits:
        for websocket in (ticks, waits):
            assert websocket.recv(timeout=5) == "first"
        client.send_stop_signal()
        assert client.end() < 3
    for stream in streams:
        stream.close()
