"""The same behaviour over real sockets on every server, and the differences that the documentation states."""

from __future__ import annotations

import hashlib
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from charter import ROOT
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from wheelhouse import make_environment

pytestmark = pytest.mark.nightly

PAGE = ROOT / "docs" / "guides" / "servers.md"
SERVERS = [
    "uvicorn-h11-asyncio",
    "uvicorn-h11-uvloop",
    "uvicorn-httptools-asyncio",
    "uvicorn-httptools-uvloop",
    "hypercorn-asyncio",
    "hypercorn-trio",
    "granian",
    "daphne",
]
SPEAK_HTTP_2 = ("hypercorn-asyncio", "hypercorn-trio", "granian")
WAYS = [(name, "1.1") for name in SERVERS] + [(name, "2") for name in SPEAK_HTTP_2]
# Over HTTP/2 it fails on a response that is sent before the whole request has arrived.
FRAGILE = [("hypercorn-asyncio", "2"), ("hypercorn-trio", "2")]
DIES_OF_SIGTERM = ("hypercorn-trio",)  # this worker handles SIGINT only
FILE = bytes(range(256)) * 1000


def stated(server: str) -> dict[str, str]:
    """Return what the documentation says about a server, by column heading."""
    rows = [line.strip().strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    headings = [cell.strip() for cell in rows[0]]
    for row in rows[2:]:
        names = re.findall(r"`([^`]+)`", row[0])
        if any(server == name or server.startswith(name + "-") for name in names):
            return dict(zip(headings, (cell.strip() for cell in row), strict=True))
    raise AssertionError(f"docs/guides/servers.md has no row for {server}")


@pytest.fixture(scope="module")
def interpreters() -> Callable[[str], str]:
    """The interpreter that has a server: daphne has its own environment."""

    def find(name: str) -> str:
        return str(make_environment("daphne", "daphne>=4.2").python) if name == "daphne" else sys.executable

    return find


class Served:
    """A server that runs `http_stories`, and the version of HTTP to speak with it."""

    def __init__(self, server: Any, version: str, log: Path) -> None:
        self.server = server
        self.name: str = server.name
        self.port: int = server.port
        self.version = version
        self.log = log
        self.url = f"http://127.0.0.1:{server.port}"
        self.id = uuid4().hex

    def client(self, **options: Any) -> httpx.Client:
        versions = {"http1": self.version == "1.1", "http2": self.version == "2"}
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False, **versions, **options)

    def reported(self, *expected: str) -> list[str]:
        """Return the events recorded for `self.id`, once the expected ones are among them."""
        deadline = time.monotonic() + 5
        with self.client() as client:
            while True:
                events: list[str] = client.get("/events", params={"id": self.id}).json()
                if set(expected) <= set(events) or time.monotonic() > deadline:
                    return events
                time.sleep(0.05)

    def logged(self, *expected: str) -> list[str]:
        deadline = time.monotonic() + 5
        while True:
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            if set(expected) <= set(lines) or time.monotonic() > deadline:
                return lines
            time.sleep(0.02)


@pytest.fixture(scope="module")
def start(
    serve: Callable[..., Any], interpreters: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Served]:
    def one(name: str, version: str = "1.1") -> Served:
        folder = tmp_path_factory.mktemp(name)
        (folder / "file.bin").write_bytes(FILE)
        log = folder / "log"
        server = serve(name, "http_stories:app", interpreters(name), STORIES_LOG=str(log))
        return Served(server, version, log)

    return one


def name_of_way(way: tuple[str, str]) -> str:
    return f"{way[0]}-http{way[1][0]}"


@pytest.fixture(scope="module", params=WAYS, ids=name_of_way)
def served(request: pytest.FixtureRequest, start: Callable[..., Served]) -> Iterator[Served]:
    served = start(*request.param)
    yield served
    served.server.stop(signal.SIGINT if served.name in DIES_OF_SIGTERM else signal.SIGTERM)


# --- requests and bodies ---------------------------------------------------------------------


def test_the_scope_is_as_documented(served: Served) -> None:
    with served.client() as client:
        about = client.get("/about/a%20b/c?x=%C3%A9&y=1").json()
    row = stated(served.name)
    offered = {name for name in about["extensions"] if name.startswith("http.response.")}
    assert {f"`{name.removeprefix('http.response.')}`" for name in offered} == set(
        re.findall(r"`[a-z_]+`", row[f"extensions, HTTP/{served.version}"])
    )
    assert about["http_version"] == served.version
    assert about["client"] == "127.0.0.1"
    assert about["query"] == "x=%C3%A9&y=1"
    assert about["lifespan"] == ("no" if row["lifespan"] == "no" else "yes")


def test_bodies_arrive_whole_in_either_framing(served: Served) -> None:
    body = bytes(range(256)) * 20_000
    expected = [len(body), hashlib.sha256(body).hexdigest()]

    def pieces() -> Iterator[bytes]:
        for place in range(0, len(body), 100_000):
            yield body[place : place + 100_000]

    with served.client() as client:
        assert client.post("/digest", content=body).json() == expected
        assert client.post("/digest", content=pieces()).json() == expected
        assert client.post("/digest", content=b"").json() == [0, hashlib.sha256(b"").hexdigest()]


def test_a_body_streams_through(served: Served) -> None:
    body = bytes(range(256)) * 8_000
    with served.client() as client:
        assert client.post("/echo", content=body).content == body


@pytest.mark.parametrize("served", [way for way in WAYS if way not in FRAGILE], indirect=True, ids=name_of_way)
def test_a_body_that_comes_while_a_handler_polls_for_the_disconnect_is_whole(served: Served) -> None:
    def slowly() -> Iterator[bytes]:
        for number in range(10):
            yield b"%d" % number
            time.sleep(0.01)

    with served.client() as client:
        assert client.post("/polled", content=slowly()).text == "0123456789"


def test_a_body_over_the_limit_is_413_and_the_next_request_is_served(served: Served) -> None:
    with served.client() as client:
        assert client.post("/limited", content=b"x" * 1001).status_code == 413
    with served.client() as client:
        assert client.post("/limited", content=b"x" * 1000).status_code == 200


# --- responses -------------------------------------------------------------------------------


def test_responses_of_every_kind(served: Served) -> None:
    with served.client() as client:
        hello = client.get("/hello")
        assert (hello.status_code, hello.text, hello.headers["x-twice"]) == (200, "hello", "one")
        assert client.get("/parts").text == "part 0\npart 1\npart 2\n"
        assert len(client.get("/large").content) == 8 * 2**20
        empty = client.get("/empty")
        assert (empty.status_code, empty.content) == (204, b"")
        head = client.head("/hello")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")
    with served.client() as client:
        missing = client.delete("/hello")
        assert (missing.status_code, missing.headers["allow"]) == (405, "GET, HEAD")
    with served.client() as client:
        assert client.get("/nowhere").status_code == 404


def test_many_requests_on_one_connection_keep_apart(served: Served) -> None:
    with served.client(limits=httpx.Limits(max_connections=1)) as client:
        for number in range(30):
            body = str(number).encode() * 50
            assert client.post("/echo", content=body).content == body


def test_ranges_and_conditions(served: Served) -> None:
    with served.client() as client:
        whole = client.get("/file")
        assert whole.content == FILE
        assert whole.headers["accept-ranges"] == "bytes"
        part = client.get("/file", headers={"range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, FILE[1000:2000])
        assert part.headers["content-range"] == f"bytes 1000-1999/{len(FILE)}"
        last = client.get("/file", headers={"range": "bytes=-10"})
        assert last.content == FILE[-10:]
        several = client.get("/file", headers={"range": "bytes=0-9,100-109"})
        assert several.headers["content-type"].startswith("multipart/byteranges")
        assert several.content.count(FILE[:10]) >= 1
        beyond = client.get("/file", headers={"range": f"bytes={len(FILE)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(FILE)}")
        same = client.get("/file", headers={"if-none-match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        head = client.head("/file")
        assert (head.headers["content-length"], head.content) == (str(len(FILE)), b"")


def test_an_unexpected_exception_is_a_500_and_the_server_lives(served: Served) -> None:
    with served.client() as client:
        assert client.get("/broken").status_code == 500
    with served.client() as client:
        assert client.get("/hello").text == "hello"


def test_an_aborted_body_is_detected_by_the_client(served: Served) -> None:
    # If the connection stays open, the client waits until its own time-out.
    stays_open = stated(served.name)[f"aborted body, HTTP/{served.version}"] == "stays open"
    expected = httpx.ReadTimeout if stays_open else httpx.RemoteProtocolError
    with served.client() as client:
        with pytest.raises(expected):
            client.get("/aborted", timeout=2)
    with served.client() as client:
        assert client.get("/hello").text == "hello"


def test_trailers_if_the_server_has_them(served: Served) -> None:
    has_them = "`trailers`" in stated(served.name)[f"extensions, HTTP/{served.version}"]
    body, trailers = exchange(served, "/trailing")
    assert body == b"body"
    assert trailers == ({"x-checksum": "abc"} if has_them else {})


# --- disconnects -----------------------------------------------------------------------------


def test_a_stream_ends_when_the_client_disconnects(served: Served) -> None:
    with served.client() as client, client.stream("GET", "/endless", params={"id": served.id}) as response:
        assert next(response.iter_raw()).startswith(b"more")
    assert "stream closed" in served.reported("stream closed")


@pytest.mark.parametrize("kind", ["stream", "events"])
def test_a_stream_that_never_waits_freezes_nobody_and_ends_with_its_client(served: Served, kind: str) -> None:
    with served.client() as client:
        with client.stream("GET", "/computed", params={"id": served.id, "as": kind}) as response:
            assert b"row\n" in next(response.iter_raw())
            with served.client() as other:
                assert other.get("/hello", timeout=2).text == "hello"
    left = time.monotonic()
    assert "stream closed" in served.reported("stream closed")
    assert time.monotonic() - left < 2


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_ends_while_a_stream_never_waits(start: Callable[..., Served], name: str) -> None:
    served = start(name)
    with socket.create_connection(("127.0.0.1", served.port), 5) as connection:
        connection.sendall(b"GET /computed HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536)
    took, _ = served.server.stop(signal.SIGINT)
    assert took < 5


def test_a_handler_that_polls_detects_the_disconnect(served: Served) -> None:
    identity = uuid4().hex
    with served.client() as client, pytest.raises(httpx.ReadTimeout):
        client.get("/waits", params={"id": identity}, timeout=0.5)
    served.id = identity
    assert served.reported("disconnected") == ["waiting", "disconnected"]


# --- WebSockets ------------------------------------------------------------------------------


def test_websockets_talk_and_close_with_a_code(served: Served) -> None:
    with connect(f"ws://127.0.0.1:{served.port}/talk", open_timeout=5) as websocket:
        for message in ("one", "ünï", "x" * 50_000):
            websocket.send(message)
            assert websocket.recv(timeout=5) == message
        websocket.send("close")
        with pytest.raises(ConnectionClosed) as caught:
            websocket.recv(timeout=5)
    assert caught.value.rcvd is not None
    reason = "as requested" if stated(served.name)["close reasons"] == "yes" else ""
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4001, reason)


def test_the_close_code_of_the_client_arrives_as_documented(served: Served) -> None:
    identity = uuid4().hex
    with connect(f"ws://127.0.0.1:{served.port}/talk?id={identity}", open_timeout=5) as websocket:
        websocket.send("hi")
        websocket.recv(timeout=5)
        websocket.close(4002)
    served.id = identity
    code = stated(served.name)["close codes"]
    deadline = time.monotonic() + 5
    while not (reported := served.reported()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert reported == [f"left with {'4002' if code == 'yes' else code}"]


# --- lifespan and stopping -------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVERS)
def test_the_lifespan_is_begun_and_ended(start: Callable[..., Served], name: str) -> None:
    served = start(name)
    with served.client() as client:
        assert client.get("/hello").text == "hello"
    took, output = served.server.stop(signal.SIGINT if name in DIES_OF_SIGTERM else signal.SIGTERM)
    assert took < 5
    if name not in DIES_OF_SIGTERM:  # it has trio raise KeyboardInterrupt wherever it is
        assert "src/armillary/" not in output, output
    lifespan = {"yes": ["started", "ended"], "begun": ["started"], "no": []}[stated(name)["lifespan"]]
    assert served.logged(*lifespan)[: len(lifespan)] == lifespan


@pytest.mark.parametrize("name", SERVERS)
def test_a_request_in_flight_when_the_server_is_asked_to_stop(start: Callable[..., Served], name: str) -> None:
    served = start(name)
    with socket.create_connection(("127.0.0.1", served.port), 5) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert "slow began" in served.logged("slow began")
        served.server.process.send_signal(signal.SIGINT if name in DIES_OF_SIGTERM else signal.SIGTERM)
        connection.settimeout(10)
        received = b""
        try:
            while b"finished" not in received and (chunk := connection.recv(65536)):
                received += chunk
        except ConnectionResetError:
            pass
    served.server.stop()
    assert (b"finished" in received) is (stated(name)["finishes requests"] == "yes"), received


# --- clients for what httpx hides ------------------------------------------------------------


def exchange(served: Served, path: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the trailers of a response."""
    return (over_http_1 if served.version == "1.1" else over_http_2)(served.port, path)


def over_http_1(port: int, path: str) -> tuple[bytes, dict[str, str]]:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "TE: trailers", "Connection: TE", "", ""]
    received = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall("\r\n".join(lines).encode())
        while not re.search(rb"\r\n0\r\n(?:[^\r]+\r\n)*\r\n$", received):
            chunk = connection.recv(65536)
            assert chunk, received
            received += chunk
    head, _, rest = received.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower(), head
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if int(size, 16) == 0:
            break
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    trailers = dict(line.split(": ", 1) for line in rest.decode().split("\r\n") if line)
    return body, {name.lower(): value for name, value in trailers.items()}


def over_http_2(port: int, path: str) -> tuple[bytes, dict[str, str]]:
    http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    http.initiate_connection()
    headers = [
        (":method", "GET"),
        (":path", path),
        (":scheme", "http"),
        (":authority", "localhost"),
        ("te", "trailers"),
    ]
    http.send_headers(1, headers, end_stream=True)
    body, trailers = b"", {}
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        ended = False
        while not ended:
            connection.sendall(http.data_to_send())
            data = connection.recv(65536)
            assert data, "the connection ended before the response"
            for event in http.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                elif isinstance(event, h2.events.TrailersReceived):
                    trailers = {str(name): str(value) for name, value in event.headers or []}
                elif isinstance(event, h2.events.StreamEnded):
                    ended = True
    return body, trailers
