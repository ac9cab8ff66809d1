"""`TimeoutMiddleware`."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

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
    assert (response.status, response.body) == (504, b"Gateway Timeout")
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
async def test_a_response_completed_by_a_shielded_application_is_not_cut(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with anyio.CancelScope(shield=True):
            await slow(before=0.1)(scope, receive, send)

    assert (await call(TimeoutMiddleware(app, 0.05))).body == b"ab"


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
