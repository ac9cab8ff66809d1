"""The enumeration finds each kind of planted fault, and nothing in an application that has none."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from testkit import ASYNCIO

from armillary.testing.faults import FaultReport, FaultRequest, FaultRun, enumerate_faults

pytestmark = pytest.mark.anyio
on_asyncio = pytest.mark.parametrize("anyio_backend", [ASYNCIO])


async def respond(send: Any, body: bytes = b"hello", declared: int | None = None) -> None:
    length = len(body) if declared is None else declared
    headers = [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client has left")
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def find(app: Any, *requests: FaultRequest, **options: Any) -> FaultReport:
    return await enumerate_faults(app, requests or [FaultRequest("/")], **{"seconds": 0.5, **options})


async def test_a_sound_application_has_no_findings() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
            return
        body = await read(receive)
        if scope["path"] == "/endless":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await anyio.sleep(0)
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                with anyio.move_on_after(0):
                    if (await receive())["type"] == "http.disconnect":
                        return
        await respond(send, body)

    report = await find(
        app,
        FaultRequest("/form", method="POST", body=[b"a=", b"1"]),
        FaultRequest("/chat", websocket=["one", "two"]),
        FaultRequest("/endless", max_sends=4),
    )
    report.raise_findings()
    assert report.runs > 60
    assert str(report) == f"{report.runs} runs, 0 findings"
    assert report.outcomes["POST /form", "status 200, complete"] > 5
    assert report.outcomes["POST /form", "cancelled"] > 3


@on_asyncio
async def test_a_leaked_task_is_found_by_its_name() -> None:
    kept: list[Any] = []

    async def left_behind() -> None:
        await asyncio.sleep(60)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        task = asyncio.ensure_future(left_behind())
        kept.append(task)
        await respond(send)
        task.cancel()  # not if the send fails

    report = await find(app)
    assert report.kinds() == {"leaked task"}
    assert "left_behind" in report.findings[0].detail
    with pytest.raises(AssertionError, match=r"leaked task: GET /, disconnect before send 1, ASGI 2\.4"):
        report.raise_findings()


@on_asyncio
async def test_a_task_that_is_only_slow_to_end_is_no_leak_and_neither_is_one_of_somebody_else() -> None:
    async def ends_soon() -> None:
        await asyncio.sleep(0.3)

    async def somebody_else() -> None:
        while True:
            await asyncio.create_task(asyncio.sleep(0.2))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asyncio.ensure_future(ends_soon())  # noqa: RUF006
        await respond(send)

    other = asyncio.create_task(somebody_else())
    (await find(app, seconds=5.0)).raise_findings()
    assert not other.done()
    other.cancel()


async def test_a_hang_after_a_disconnect_is_found_with_its_place() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await respond(send)
        except OSError:
            await anyio.sleep_forever()

    report = await find(app, seconds=0.1)
    assert report.kinds() == {"hang"}
    assert len(report.findings) < 20  # it does not wait for each of them


@on_asyncio
async def test_the_place_of_a_hang_is_the_innermost_frame_of_the_application() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await stuck()

    report = await find(app, seconds=0.1)
    assert report.kinds() == {"hang"}
    assert "(stuck)" in report.findings[0].detail


async def test_a_half_response_that_is_passed_off_as_whole_is_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await read(receive)
        except OSError:
            body = b""
        await respond(send, body, declared=4)

    report = await find(app, FaultRequest("/", method="POST", body=[b"ab", b"cd"]))
    assert report.kinds() == {"half response"}
    assert "0 of 4 bytes" in str(report)


async def test_a_return_without_a_response_is_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert "no response" in (await find(app)).kinds()


async def test_a_swallowed_cancellation_is_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await anyio.sleep(0.001)
        except anyio.get_cancelled_exc_class():
            return
        await respond(send)

    report = await find(app)
    # A cancel scope of trio's knows of its cancellation all the same.
    assert report.kinds() <= {"swallowed cancellation"}


@on_asyncio
async def test_a_swallowed_native_cancellation_is_found() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            return
        await respond(send)

    report = await find(app)
    assert report.kinds() == {"swallowed cancellation"}
    assert "cancelled by a task at suspension 1" in str(report)


async def test_a_write_that_was_acknowledged_and_is_lost_is_found() -> None:
    stored: set[str] = set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        key = dict(scope["headers"])[b"x-fault-id"].decode()
        await respond(send)
        await anyio.sleep(0)
        stored.add(key)  # too late: a cancellation after the response loses it

    async def check(run: FaultRun) -> str | None:
        return "acknowledged and not stored" if run.complete and run.id not in stored else None

    report = await find(app, check=check)
    assert report.kinds() == {"check"}
    assert all("cancelled" in finding.fault for finding in report.findings)


async def test_numbers_that_stay_up_and_descriptors_that_stay_open_are_found() -> None:
    taken = 0
    descriptors: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        taken += 1
        descriptor = os.open(__file__, os.O_RDONLY)
        descriptors.append(descriptor)
        await respond(send)
        os.close(descriptor)
        descriptors.remove(descriptor)
        taken -= 1

    report = await find(app, gauges={"connections": lambda: taken})
    for descriptor in descriptors:
        os.close(descriptor)
    expected = {"leak", "leaked descriptor"} if os.path.isdir("/proc/self/fd") else {"leak"}
    assert report.kinds() == expected
    assert "connections was" in str(report)


@on_asyncio
async def test_an_exception_that_nobody_retrieves_is_found() -> None:
    async def fails() -> None:
        raise KeyError("lost")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asyncio.ensure_future(fails())  # noqa: RUF006
        await asyncio.sleep(0)
        await respond(send)

    assert "unhandled" in (await find(app)).kinds()


async def test_an_application_that_a_fault_breaks_for_good_is_found() -> None:
    broken = False

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal broken
        if broken:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body"})
            return
        try:
            await respond(send)
        except OSError:
            broken = True
            raise

    assert (await find(app)).kinds() == {"afterwards"}


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
async def test_a_time_that_is_not_above_0_is_rejected(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds above 0"):
        await enumerate_faults(lambda *_: None, [], seconds=seconds)  # type: ignore[arg-type, return-value]


async def test_what_was_left_before_is_not_found() -> None:
    class Left:
        def __del__(self) -> None:
            raise RuntimeError("left by something else")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send)

    gc.disable()  # a collection that happens to come before is the test's own failure
    try:
        one, other = Left(), Left()
        one.other, other.other = other, one  # type: ignore[attr-defined]
        del one, other
        assert (await find(app)).findings == []
    finally:
        gc.enable()
