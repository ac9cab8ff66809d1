"""Context variables around `call_next`: what is current for the application, for dispatch and for the caller."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import anyio
import pytest
import testkit

from armillary.http import PlainTextResponse, StreamingResponse
from armillary.middleware import DispatchMiddleware

pytestmark = pytest.mark.anyio

span: ContextVar[str] = ContextVar("span", default="none")
inner: ContextVar[str] = ContextVar("inner", default="none")


async def in_a_span(request: Any, call_next: Any) -> Any:
    token = span.set("current")
    try:
        return await call_next(request)
    finally:
        span.reset(token)


async def reading_in_a_span(request: Any, call_next: Any) -> Any:
    response = await in_a_span(request, call_next)
    parts = [part async for part in response.body_iterator]
    assert span.get() == "none"
    return PlainTextResponse(b"".join(parts))


async def streaming(scope: Any, receive: Any, send: Any) -> None:
    """A response whose every part says what is current when it is made."""

    async def parts() -> Any:
        for _ in range(3):
            await anyio.sleep(0)
            yield span.get().encode()

    await StreamingResponse(parts())(scope, receive, send)


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    """The same by another framework, which sends from a task of its own."""

    async def sending() -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            await anyio.sleep(0)
            await send({"type": "http.response.body", "body": span.get().encode(), "more_body": number < 2})

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sending)


@pytest.mark.parametrize("dispatch", [in_a_span, reading_in_a_span])
async def test_what_was_current_stays_current_for_every_part_of_the_body(dispatch: Any) -> None:
    sent = await testkit.call(DispatchMiddleware(streaming, dispatch), at_end="wait")
    assert sent.body == b"current" * 3
    assert span.get() == "none"


async def test_nested_dispatches_each_keep_their_own() -> None:
    async def outermost(request: Any, call_next: Any) -> Any:
        token = span.set("outer")
        response = await call_next(request)
        assert span.get() == "outer"
        span.reset(token)
        return response

    app = DispatchMiddleware(DispatchMiddleware(DispatchMiddleware(streaming, in_a_span), in_a_span), outermost)
    sent = await testkit.call(app, at_end="wait")
    assert sent.body == b"current" * 3
    assert span.get() == "none"


async def test_what_was_current_stays_current_for_background_work() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def work() -> None:
            seen.append(span.get())

        await PlainTextResponse("done", background=work)(scope, receive, send)
        seen.append(span.get())

    await testkit.call(DispatchMiddleware(app, in_a_span))
    assert seen == ["current", "current"]


async def test_what_was_current_is_current_where_a_stream_breaks() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
            raise KeyError
        except KeyError:
            seen.append(span.get())
            raise

    with pytest.raises(KeyError):
        await testkit.call(DispatchMiddleware(app, in_a_span))
    assert seen == ["current"]
    assert span.get() == "none"


async def test_what_the_application_changes_is_seen_by_dispatch_and_by_the_caller() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        inner.set("before the start")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        inner.set("after the start")
        await send({"type": "http.response.body"})

    seen: list[str] = []

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append(inner.get())
        return response

    token = inner.set("outside")
    await testkit.call(DispatchMiddleware(app, dispatch))
    assert seen == ["before the start"]
    assert inner.get() == "after the start"
    inner.reset(token)


async def test_what_the_application_sets_and_resets_is_not_left_behind() -> None:
    fresh: ContextVar[str] = ContextVar("fresh")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        token = fresh.set("an id")
        try:
            await PlainTextResponse("done")(scope, receive, send)
        finally:
            fresh.reset(token)

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        seen.append(fresh.get("none"))
        return response

    await testkit.call(DispatchMiddleware(app, dispatch))
    assert seen == ["an id"]
    assert fresh.get("none") == "none"


async def test_an_application_that_sends_from_its_own_task_still_works() -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        span.set("current")
        return await call_next(request)

    sent = await testkit.call(DispatchMiddleware(foreign, dispatch), at_end="wait")
    assert sent.body == b"current" * 3


async def test_what_sending_raises_reaches_the_application() -> None:
    seen: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        except OSError as exc:
            seen.append(exc)
            raise

    async def broken_send(message: Any) -> None:
        raise OSError("the client has left")

    scope = testkit.http_scope()
    with pytest.raises(OSError, match="has left"):
        await DispatchMiddleware(app, in_a_span)(scope, testkit.Connection(scope).receive, broken_send)
    assert len(seen) == 1


async def test_a_body_that_breaks_off_can_be_read_no_further() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        parts = response.body_iterator
        assert await anext(parts) == b"a"
        with pytest.raises(Exception, match="before its response was complete"):
            await anext(parts)
        with pytest.raises(StopAsyncIteration):
            await anext(parts)
        return PlainTextResponse("cut")

    assert (await testkit.call(DispatchMiddleware(app, dispatch))).body == b"cut"


async def test_names_in_capitals_are_read_and_changed_like_any() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Length", b"2")]})
        await send({"type": "http.response.body", "body": b"ab"})

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        assert response.headers["content-length"] == "2"
        response.headers["Content-Length"] = "2"
        return response

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = testkit.http_scope()
    await DispatchMiddleware(app, dispatch)(scope, testkit.Connection(scope).receive, send)
    assert sent[0]["headers"] == [(b"content-length", b"2")]
