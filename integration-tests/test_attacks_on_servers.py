"""One client keeps no other from being served: many lines of a header, forms of many files, uploads that stop."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc"),
]

SERVERS = ["uvicorn-h11-asyncio", "uvicorn-httptools-asyncio", "hypercorn-asyncio", "hypercorn-trio", "granian"]
HEADER = 3 * 2**20  # bytes of lines of one header
FILES, FILE_SIZE = 126, 130_000  # within 16 MiB
UPLOADS = 8
FOR_EACH = 1 + 4  # descriptors of an upload: its socket, and what its form may open
OTHERS = 16  # descriptors that a server opens while it works


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, serve: Callable[..., Any]) -> Iterator[Any]:
    started = serve(request.param, "attacked_story:app")
    yield started
    started.stop()


def connect(server: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 10)


def page_of(server: Any) -> str:
    """Return the page that another client gets, who waits for ten seconds and no longer."""
    with httpx.Client(timeout=10, trust_env=False) as client:
        return client.get(f"http://127.0.0.1:{server.port}/").text


def descriptors(process: int) -> int:
    """Count the descriptors of a process and of those it started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return len(os.listdir(f"/proc/{process}/fd")) + sum(descriptors(int(child)) for child in children)


def form() -> bytes:
    part = b'--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * FILE_SIZE + b"\r\n"
    return part * FILES + b"--B--\r\n"


def upload_head(length: int) -> bytes:
    fields = "Host: localhost\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\n"
    return f"POST /upload HTTP/1.1\r\n{fields}Content-Length: {length}\r\n\r\n".encode()


def test_three_megabytes_of_one_header_keep_nobody_waiting(server: Any) -> None:
    line = b"Accept-Encoding: gzip;q=0.1, br;q=0.2\r\n"
    began = time.monotonic()
    with connect(server) as attacker:
        try:
            attacker.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + line * (HEADER // len(line)) + b"\r\n")
        except OSError:
            pass  # the server has a limit of its own, and closes
        assert page_of(server) == "page " * 1000
    assert time.monotonic() - began < 20  # it was 43 s


def test_a_form_of_many_files_is_read(server: Any) -> None:
    body = form()
    with connect(server) as client:
        client.sendall(upload_head(len(body)) + body)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert f"{FILES} files of {FILES * FILE_SIZE} bytes".encode() in received


def test_uploads_that_stop_take_few_descriptors_and_others_are_served(server: Any) -> None:
    assert page_of(server)
    before = descriptors(server.process.pid)
    body = form()
    with ExitStack() as stack:
        for _ in range(UPLOADS):
            client = stack.enter_context(connect(server))
            client.sendall(upload_head(len(body)) + body[: len(body) * 9 // 10])
        assert page_of(server)
        opened = descriptors(server.process.pid) - before
        assert UPLOADS <= opened <= UPLOADS * FOR_EACH + OTHERS
