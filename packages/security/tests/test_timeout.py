"""`TimeoutMiddleware`."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from asterism.security import ResponseCut, TimeoutMiddleware


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
async def test_an_application_that_does_not_answer_is_cancelled_and_gives_a_504(call: Any) -> None:
    log: list[str] = []
    answer = await call(TimeoutMiddleware(slow(before=30, log=log), 0.05))
    assert (answer.status, answer.body) == (504, b"Gateway Timeout")
    assert log in (["CancelledError"], ["Cancelled"])


@pytest.mark.anyio
async def test_a_stream_that_takes_too_long_is_cut_with_an_error(call: Any) -> None:
    with pytest.raises(ResponseCut, match=r"was not complete after 0\.05 s"):
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


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_deadline_that_is_not_above_zero_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be above 0"):
        TimeoutMiddleware(slow(), seconds)
