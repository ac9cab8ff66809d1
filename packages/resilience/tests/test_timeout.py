"""`TimeoutMiddleware`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import anyio
import pytest

from armillary.concurrency import Limiter
from armillary.resilience import ResponseTimeout, TimeoutMiddleware


def slow(before: float = 0, between: float = 0, after: float = 0, log: list[str] | None = None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await anyio.sleep(before)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
            await anyio.sleep(between)
            await send({"type": "http.response.body", "body": b"b"})
            await anyio.sleep(after)
            if log is not None:
                log.append("finished")
        except BaseException as exc:
            if log is not None:
                log.append(type(exc).__name__)
            raise

    return app


@pytest.mark.anyio
async def test_a_response_in_time_passes_unchanged(call: Any) -> None:
    assert (await call(TimeoutMiddleware(slow(), 5))).body == b"ab"


@pytest.mark.anyio
async def test_an_application_that_does_not_respond_is_cancelled_and_gives_a_504(call: Any) -> None:
    log: list[str] = []
    response = await call(TimeoutMiddleware(slow(before=30, log=log), 0.05))
    assert (response.status, response.sentence) == (504, "Gateway Timeout")
    assert log in (["CancelledError"], ["Cancelled"])


@pytest.mark.anyio
async def test_a_stream_that_takes_too_long_is_cut_with_an_error(call: Any) -> None:
    with pytest.raises(ResponseTimeout, match=r"was not complete after 0\.05 s"):
        await call(TimeoutMiddleware(slow(between=30), 0.05))


@pytest.mark.anyio
async def test_the_deadline_ends_with_the_last_byte(call: Any) -> None:
    log: list[str] = []
    assert (await call(TimeoutMiddleware(slow(after=0.2, log=log), 0.1))).body == b"ab"
    assert log == ["finished"]


@pytest.mark.anyio
async def test_a_timeout_of_the_applications_own_keeps_its_identity(call: Any) -> None:
    error = TimeoutError("own")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    with pytest.raises(TimeoutError) as info:
        await call(TimeoutMiddleware(app, 5))
    assert info.value is error


@pytest.mark.anyio
async def test_a_start_that_the_server_holds_back_is_not_followed_by_another() -> None:
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])
        await anyio.sleep(30)

    with pytest.raises(ResponseTimeout):
        await TimeoutMiddleware(slow(), 0.05)({"type": "http", "path": "/"}, anyio.sleep_forever, send)  # type: ignore[arg-type]
    assert sent == ["http.response.start"]


@pytest.mark.anyio
@pytest.mark.parametrize("starts", [False, True])
async def test_an_application_that_ends_quietly_when_cancelled_is_late_all_the_same(call: Any, starts: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if starts:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await anyio.sleep(30)
        except anyio.get_cancelled_exc_class():
            return  # as it must not, and as some do

    if starts:
        with pytest.raises(ResponseTimeout):
            await call(TimeoutMiddleware(app, 0.05))
    else:
        assert (await call(TimeoutMiddleware(app, 0.05))).status == 504


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["shielded", "swallows the cancellation", "streams without end"])
async def test_an_application_that_goes_on_gives_a_504_when_it_returns_and_its_response_is_dropped(
    call: Any, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        with anyio.CancelScope(shield=how != "swallows the cancellation"), suppress(anyio.get_cancelled_exc_class()):
            await anyio.sleep(0.1)
        with anyio.CancelScope(shield=how != "swallows the cancellation"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": how == "streams without end"})
            if how == "streams without end":
                await anyio.sleep(30)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["endpoint"] = endpoint
        await endpoint(scope, receive, send)

    middleware = TimeoutMiddleware(app, 0.05)
    response = await call(middleware, path="/report")
    assert (response.status, response.sentence) == (504, "Gateway Timeout")
    (message,) = caplog.messages
    assert message.startswith("GET /report: test_an_application_that_goes_on")
    assert "endpoint runs beyond its deadline of 0.05 s" in message
    assert (middleware.overrunning, middleware.overruns) == (0, 1)


@pytest.mark.anyio
async def test_an_error_about_a_dropped_response_is_raised_after_the_504() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.1)
            try:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"a", "more_body": True})
            except OSError as exc:
                raise LookupError("own") from exc

    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(LookupError, match="own"):
        await TimeoutMiddleware(app, 0.05)(scope, anyio.sleep_forever, send)
    assert [message.get("status") for message in sent] == [504, None]


@pytest.mark.anyio
async def test_a_response_that_had_started_may_be_completed_by_a_shielded_application(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with anyio.CancelScope(shield=True):
            await slow(between=0.1)(scope, receive, send)

    assert (await call(TimeoutMiddleware(app, 0.05))).body == b"ab"


@pytest.mark.anyio
async def test_an_application_that_blocked_the_event_loop_is_late_too(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        time.sleep(0.1)
        await slow()(scope, receive, send)

    assert (await call(TimeoutMiddleware(app, 0.05))).status == 504


class Held:
    """An application whose plain function runs in a thread until it is released, holding a place and a file."""

    def __init__(self, *, swallows: bool = False) -> None:
        self.limiter = Limiter("held", 1)
        self.release = threading.Event()
        self.closed = False
        self.swallows = swallows

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            with suppress(anyio.get_cancelled_exc_class()) if self.swallows else nullcontext():
                await self.limiter.run(partial(self.release.wait, 5))
            await slow()(scope, receive, send)
        finally:
            self.closed = True


async def run_held(app: Held, middleware: Any, at_the_504: Callable[[], object]) -> list[Any]:
    """Run a request, release its thread once the 504 has come, and return what was sent."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            at_the_504()
            app.release.set()

    scope = {"type": "http", "method": "GET", "path": "/report", "headers": []}
    with anyio.fail_after(4):
        await middleware(scope, anyio.sleep_forever, send)
    return sent


@pytest.mark.anyio
@pytest.mark.parametrize("swallows", [False, True])
async def test_a_plain_function_gives_a_504_at_the_deadline_and_holds_what_it_uses_until_it_returns(
    caplog: pytest.LogCaptureFixture, swallows: bool
) -> None:
    app = Held(swallows=swallows)
    middleware = TimeoutMiddleware(app, 0.1)
    seen: list[object] = []
    sent = await run_held(
        app,
        middleware,
        lambda: seen.extend([app.limiter.in_use, app.closed, app.release.is_set(), middleware.overrunning]),
    )
    assert [message.get("status") for message in sent] == [504, None]
    assert seen == [1, False, False, 1]
    assert (app.limiter.in_use, app.closed) == (0, True)
    assert (middleware.overrunning, middleware.overruns) == (0, 1)
    (message,) = caplog.messages
    assert "its thread cannot be cancelled" in message


@pytest.mark.anyio
async def test_the_outer_of_two_deadlines_gives_a_504_for_a_plain_function_too() -> None:
    app = Held()
    sent = await run_held(app, TimeoutMiddleware(TimeoutMiddleware(app, 30), 0.1), lambda: None)
    assert [message.get("status") for message in sent] == [504, None]


@pytest.mark.anyio
async def test_a_thread_whose_caller_is_cancelled_for_another_reason_gives_no_504() -> None:
    app = Held()
    middleware = TimeoutMiddleware(app, 30)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async with anyio.create_task_group() as group:
        group.start_soon(middleware, {"type": "http", "method": "GET", "path": "/", "headers": []}, anyio.sleep, send)
        await anyio.sleep(0.1)
        app.release.set()
        group.cancel_scope.cancel()
    assert sent == []
    assert middleware.overruns == 0


@pytest.mark.anyio
async def test_a_thread_is_waited_for_though_the_client_has_left() -> None:
    app = Held()

    async def send(message: Any) -> None:
        threading.Timer(0.05, app.release.set).start()
        raise OSError("the client has left")

    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with suppress(OSError), anyio.fail_after(4):
        await TimeoutMiddleware(app, 0.1)(scope, anyio.sleep_forever, send)
    assert app.release.is_set()
    assert app.closed


@pytest.mark.anyio
@pytest.mark.parametrize("parts", [0, 1])
async def test_a_client_whose_body_does_not_arrive_is_late_itself(parts: int) -> None:
    arriving = [{"type": "http.request", "body": b"a", "more_body": True}] * parts
    sent: list[Any] = []

    async def receive() -> Any:
        return arriving.pop() if arriving else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body", False):
            pass

    headers = [(b"content-length", b"10")]
    scope: Any = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    await TimeoutMiddleware(app, 0.05)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.anyio
async def test_an_application_that_waits_for_a_disconnect_after_the_body_is_late_itself() -> None:
    messages = [{"type": "http.request", "body": b"a", "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop() if messages else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()

    await TimeoutMiddleware(app, 0.05)({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert sent[0]["status"] == 504


@pytest.mark.anyio
async def test_an_error_on_the_way_out_keeps_its_identity(call: Any) -> None:
    error = LookupError("own")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await anyio.sleep(30)
        finally:
            raise error

    with pytest.raises(LookupError) as info:
        await call(TimeoutMiddleware(app, 0.05))
    assert info.value is error


@pytest.mark.anyio
async def test_deadlines_inside_each_other_and_around_task_groups_nest(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 30)
            await anyio.sleep(30)

    assert (await call(TimeoutMiddleware(TimeoutMiddleware(app, 30), 0.05))).status == 504
    assert (await call(TimeoutMiddleware(TimeoutMiddleware(app, 0.05), 30))).status == 504


@pytest.mark.anyio
async def test_a_cancellation_from_outside_passes(call: Any) -> None:
    with anyio.move_on_after(0.05) as scope:
        await call(TimeoutMiddleware(slow(before=30), 20))
    assert scope.cancelled_caught


@pytest.mark.parametrize("seconds", ["5", None, True])
def test_a_deadline_that_is_no_number_is_rejected(seconds: Any) -> None:
    with pytest.raises(TypeError, match="seconds is a number"):
        TimeoutMiddleware(slow(), seconds)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_deadline_that_is_not_above_zero_is_rejected(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be above 0"):
        TimeoutMiddleware(slow(), seconds)
