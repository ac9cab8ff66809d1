"""A stream that never waits leaves the event loop to others, and ends when its client has left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit import FAIR_TURN, Connection, http_scope, is_fair, longest_run

from armillary.http import EventSourceResponse, FileDelivery, FileResponse, JSONLinesResponse, StreamingResponse

pytestmark = pytest.mark.anyio

versions = pytest.mark.parametrize("spec_version", ["2.3", "2.4"])


async def endless() -> AsyncIterator[Any]:
    while True:
        yield "row"


class InMemoryFile:
    """A file whose reads never wait."""

    async def read(self, offset: int, count: int) -> bytes:
        return b"x"

    def close(self) -> None:
        pass


class InMemoryFileResponse(FileResponse):
    async def open(self, scope: Any) -> FileDelivery:
        delivery = await super().open(scope)
        return delivery if delivery.file is None else delivery._replace(file=InMemoryFile(), zero_copy=None)


RESPONSES = {
    "stream": lambda: StreamingResponse(endless()),
    "list": lambda: StreamingResponse(["row"] * 1000),
    "events": lambda: EventSourceResponse(endless()),
    "events without pings": lambda: EventSourceResponse(endless(), ping=None),
    "lines": lambda: JSONLinesResponse(endless()),
}


@versions
@pytest.mark.parametrize("make", RESPONSES.values(), ids=RESPONSES)
async def test_a_turn_comes_after_64_messages(make: Any, spec_version: str) -> None:
    assert is_fair(await longest_run(make(), asgi={"version": "3.0", "spec_version": spec_version}))


@versions
async def test_a_file_that_is_read_without_waiting_gives_a_turn_too(tmp_path: Path, spec_version: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 2**20)
    response = InMemoryFileResponse(path)
    response.chunk_size = 1024
    assert is_fair(await longest_run(response, asgi={"version": "3.0", "spec_version": spec_version}))


async def test_ranges_that_the_server_reads_give_a_turn_too(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 2**20)
    ranges = ",".join(f"{4 * n}-{4 * n}" for n in range(100)).encode()
    run = await longest_run(
        FileResponse(path),
        messages=250,
        headers=[(b"range", b"bytes=" + ranges)],
        extensions={"http.response.zerocopysend": {}},
    )
    assert is_fair(run)


@pytest.mark.parametrize("make", [RESPONSES["stream"], RESPONSES["events"]], ids=["stream", "events"])
async def test_a_stream_that_never_waits_ends_when_the_client_leaves(exchange: Any, make: Any) -> None:
    closed = False

    async def rows() -> AsyncIterator[str]:
        nonlocal closed
        try:
            for _ in range(100_000):
                yield "row"
        finally:
            closed = True

    response = make()
    response.body_iterator = rows()
    sent = await exchange(spec_version="2.3", disconnected_after=5).run(response)
    assert closed
    assert len(sent.sent) < 500


async def test_a_stream_that_never_waits_can_be_cancelled() -> None:
    sent = 0
    with anyio.CancelScope() as scope:

        def send_and_cancel(message: Any) -> None:
            nonlocal sent
            sent += 1
            scope.cancel()

        await Connection(http_scope(), at_end="wait", on_send=send_and_cancel).run(StreamingResponse(endless()))
    assert scope.cancelled_caught
    assert sent <= 1 + FAIR_TURN
