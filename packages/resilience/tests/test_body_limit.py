"""`RequestBodyLimitMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ASGIApp, scope_record
from armillary.resilience import BodyTooLarge, RequestBodyLimitMiddleware


@pytest.mark.anyio
async def test_a_body_at_the_limit_passes_and_one_byte_more_is_a_413(call: Any, ok: ASGIApp) -> None:
    app = RequestBodyLimitMiddleware(ok, 5)
    assert (await call(app, method="POST", body=b"12345")).body == b"12345"
    response = await call(app, method="POST", body=[b"123", b"456"])
    assert (response.status, response.sentence.startswith("The request body is larger than the")) == (413, True)


@pytest.mark.anyio
async def test_a_declared_length_is_rejected_before_anything_is_read(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise AssertionError("the body was read")

    limited = RequestBodyLimitMiddleware(app, 5)
    assert (await call(limited, method="POST", headers={"content-length": "6"}, body=b"123456")).status == 413


@pytest.mark.anyio
async def test_a_length_declared_to_an_application_that_does_not_read_is_rejected_too(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    response = await call(
        RequestBodyLimitMiddleware(app, 5), method="POST", headers={"content-length": "6"}, body=b"123456"
    )
    assert (response.status, response.sentence.startswith("The request body is larger than the")) == (413, True)


@pytest.mark.anyio
@pytest.mark.parametrize("declared", ["x", "-1", "٣"])
async def test_a_declared_length_that_is_no_number_leaves_it_to_counting(call: Any, ok: ASGIApp, declared: str) -> None:
    app = RequestBodyLimitMiddleware(ok, 5)
    headers = [(b"content-length", declared.encode())]
    assert (await call(app, method="POST", headers=headers, body=b"12345")).status == 200


@pytest.mark.anyio
@pytest.mark.parametrize(("inner", "status"), [(10, 200), (3, 413), (None, 200)])
async def test_an_inner_limit_replaces_the_outer_one(call: Any, ok: ASGIApp, inner: int | None, status: int) -> None:
    app = RequestBodyLimitMiddleware(RequestBodyLimitMiddleware(ok, inner), 5)
    body, declared = b"1234567", {"content-length": "7"}
    assert (await call(app, method="POST", body=body, headers=declared)).status == status
    assert (await call(app, method="POST", body=body)).status == status


@pytest.mark.anyio
async def test_the_limit_of_the_caller_is_restored(call: Any) -> None:
    seen: list[object] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope_record(scope)["max_body_size"] = 7
        await RequestBodyLimitMiddleware(inner, 5)(scope, receive, send)
        seen.append(scope_record(scope)["max_body_size"])

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope_record(scope)["max_body_size"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await call(app)
    assert seen == [5, 7]


@pytest.mark.anyio
async def test_after_the_start_of_the_response_the_error_is_raised(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(BodyTooLarge):
        await call(RequestBodyLimitMiddleware(app, 5), method="POST", body=b"123456")


@pytest.mark.anyio
async def test_an_application_that_takes_it_for_its_own_error_does_not_hide_the_413(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except Exception:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})

    response = await call(RequestBodyLimitMiddleware(app, 5), method="POST", body=b"123456")
    assert (response.status, response.sentence.startswith("The request body is larger than the")) == (413, True)


@pytest.mark.anyio
async def test_an_application_may_respond_to_the_error_itself(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await receive()
        except BodyTooLarge:
            await send({"type": "http.response.start", "status": 413, "headers": []})
            await send({"type": "http.response.body", "body": b"less, please"})

    response = await call(RequestBodyLimitMiddleware(app, 5), method="POST", body=b"123456")
    assert (response.status, response.body) == (413, b"less, please")


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=6), st.integers(0, 20), st.none() | st.integers(0, 30))
def test_a_body_passes_if_and_only_if_neither_it_nor_its_declared_length_is_above_the_limit(
    parts: list[bytes], limit: int, declared: int | None
) -> None:
    size = sum(map(len, parts))
    waiting = list(parts)
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        read = 0
        while True:
            message = await receive()
            read += len(message["body"])
            assert read <= limit
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    call: Any = RequestBodyLimitMiddleware(app, limit)({"type": "http", "headers": headers}, receive, send)
    with pytest.raises(StopIteration):  # nothing in it waits for anything
        call.send(None)
    assert sent[0]["status"] == (413 if max(size, declared or 0) > limit else 200)


@pytest.mark.parametrize("limit", ["5", 1.5, True])
def test_a_limit_that_is_no_whole_number_is_rejected(limit: Any) -> None:
    with pytest.raises(TypeError, match="max_body_size is a whole number of bytes"):
        RequestBodyLimitMiddleware(lambda *args: None, limit)  # type: ignore[arg-type, return-value]


def test_a_negative_limit_is_rejected_at_construction() -> None:
    with pytest.raises(ValueError, match="max_body_size is a number of bytes, 0 or more, or None for no limit; got -1"):
        RequestBodyLimitMiddleware(lambda *args: None, -1)  # type: ignore[arg-type, return-value]


@pytest.mark.anyio
async def test_an_application_that_reads_on_after_its_response_was_rejected_gets_one_413(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    response = await call(RequestBodyLimitMiddleware(app, 0), method="POST", headers={"content-length": "1"}, body=b"1")
    assert (response.status, response.sentence.startswith("The request body is larger than the")) == (413, True)


@pytest.mark.anyio
async def test_a_declared_length_of_more_digits_than_any_body_has_is_rejected(call: Any, ok: ASGIApp) -> None:
    app = RequestBodyLimitMiddleware(ok, 5)
    assert (await call(app, method="POST", headers=[("content-length", "1" * 30)], body=b"12345")).status == 413
