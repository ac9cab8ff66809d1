"""A body that stops arriving: a 408 after `body_idle_timeout`, however it is read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from testkit import http_scope

from armillary.http import BodyTimeout, Request, Response, request_response

pytestmark = pytest.mark.anyio

MULTIPART = b"multipart/form-data; boundary=B"
URLENCODED = b"application/x-www-form-urlencoded"


class Impatient(Request):
    body_idle_timeout = 0.05


async def parts(request: Request) -> None:
    async for part in request.parts():
        await part.read()


async def stream(request: Request) -> None:
    async for _ in request.stream():
        pass


READERS: dict[str, tuple[bytes, Callable[[Request], Any]]] = {
    "body": (b"text/plain", lambda request: request.body()),
    "json": (b"application/json", lambda request: request.json()),
    "stream": (b"text/plain", stream),
    "urlencoded": (URLENCODED, lambda request: request.form()),
    "multipart": (MULTIPART, lambda request: request.form()),
    "parts": (MULTIPART, parts),
}


def stalling(*pieces: bytes) -> Any:
    """A channel whose client sends some pieces and then nothing, without ending the body."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> Any:
        if not messages:
            await anyio.sleep_forever()
        return messages.pop(0)

    return receive


@pytest.mark.parametrize("sent", [[], [b"--B\r\n"]], ids=["nothing", "the beginning"])
@pytest.mark.parametrize("reader", READERS)
async def test_a_body_that_stops_is_a_408_that_closes_the_connection(reader: str, sent: list[bytes]) -> None:
    content_type, read = READERS[reader]

    async def endpoint(request: Request) -> Response:
        await read(request)
        return Response()

    responses: list[Any] = []

    async def send(message: Any) -> None:
        responses.append(message)

    scope = http_scope(method="POST", headers=[(b"content-type", content_type)])
    with anyio.fail_after(5):
        await request_response(endpoint, request_class=Impatient)(scope, stalling(*sent), send)
    assert responses[0]["status"] == 408
    assert (b"connection", b"close") in responses[0]["headers"]
    assert b"The request body stopped arriving for 0.05 seconds." in responses[1]["body"]


async def test_a_body_that_goes_on_in_time_is_read() -> None:
    left = 6

    class LessPatient(Request):
        body_idle_timeout = 1.0  # less than the whole body takes, and far more than each piece

    async def receive() -> Any:
        nonlocal left
        left -= 1
        await anyio.sleep(0.2)
        return {"type": "http.request", "body": b"x", "more_body": left > 0}

    assert await LessPatient(http_scope(method="POST"), receive).body() == b"x" * 6


async def test_a_client_late_for_the_body_is_a_408_while_somebody_waits_for_its_disconnect() -> None:
    from armillary.http._disconnect import until_disconnect

    scope, receive = http_scope(method="POST"), stalling(b"x")
    async with anyio.create_task_group() as group:
        group.start_soon(until_disconnect, scope, receive)
        await anyio.sleep(0.01)
        with anyio.fail_after(5), pytest.raises(BodyTimeout):
            await Impatient(scope, receive).body()
        group.cancel_scope.cancel()


async def test_none_waits_without_limit() -> None:
    class Patient(Request):
        body_idle_timeout = None

    with anyio.move_on_after(0.2) as waiting:
        await Patient(http_scope(method="POST"), stalling()).body()
    assert waiting.cancelled_caught


async def test_the_limit_is_30_seconds_by_default() -> None:
    assert Request.body_idle_timeout == 30


async def test_a_cancelled_read_is_no_timeout() -> None:
    with anyio.move_on_after(0.02) as waiting:
        await Request(http_scope(method="POST"), stalling()).body()
    assert waiting.cancelled_caught


async def test_a_body_that_was_late_is_an_error_to_read_again_at_once() -> None:
    request = Impatient(http_scope(method="POST"), stalling())
    with pytest.raises(BodyTimeout):
        await request.body()
    with anyio.fail_after(1), pytest.raises(RuntimeError, match="already streamed"):
        await request.body()


async def test_the_error_can_be_copied() -> None:
    again = copy.copy(BodyTimeout(2.5))
    assert (again.status_code, again.seconds, again.detail) == (408, 2.5, BodyTimeout(2.5).detail)
