"""`DispatchMiddleware`."""

from __future__ import annotations

import gc
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from armillary.asgi_types import ASGIApp
from armillary.http import PlainTextResponse, Request, Response, StreamingResponse, request_response
from armillary.middleware import CallNextError, DispatchMiddleware

pytestmark = pytest.mark.anyio


async def pass_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


def streaming(*parts: bytes, log: list[str] | None = None) -> ASGIApp:
    """An application that sends its parts one by one, and records each after it was sent."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if log is not None:
                log.append(part.decode())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def body_of(messages: list[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


def header(messages: list[Any], name: bytes) -> bytes | None:
    return dict(messages[0]["headers"]).get(name)


async def test_a_response_passes_through_unread_and_part_by_part(call: Any) -> None:
    messages = await call(DispatchMiddleware(streaming(b"a", b"b"), pass_on))
    assert [message.get("body") for message in messages] == [None, b"a", b"b", b""]


async def test_status_and_headers_can_be_changed_in_place(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.status_code = 202
        response.headers["x-dispatch"] = response.headers["x-app"]
        return response

    messages = await call(DispatchMiddleware(streaming(b"a"), dispatch))
    assert messages[0]["status"] == 202
    assert header(messages, b"x-dispatch") == b"1"
    assert body_of(messages) == b"a"


async def test_dispatch_can_be_a_method_of_a_subclass(call: Any) -> None:
    class Labelled(DispatchMiddleware):
        async def dispatch(self, request: Any, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["x-label"] = "yes"
            return response

    assert header(await call(Labelled(streaming())), b"x-label") == b"yes"


async def test_call_next_may_be_skipped(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Response:
        return PlainTextResponse("closed", 503)

    async def unreachable(*args: Any) -> None:
        raise AssertionError("the application was called")

    messages = await call(DispatchMiddleware(unreachable, dispatch))
    assert (messages[0]["status"], body_of(messages)) == (503, b"closed")


async def test_a_response_can_be_replaced_and_the_rest_of_the_applications_is_dropped(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Response:
        await call_next(request)
        return PlainTextResponse("other")

    log: list[str] = []
    messages = await call(DispatchMiddleware(streaming(b"a", b"b", log=log), dispatch))
    assert body_of(messages) == b"other"
    assert log == ["a", "b"]


async def test_a_stream_can_be_wrapped_without_being_buffered(call: Any) -> None:
    log: list[str] = []
    sent: list[Any] = []
    seen_when_sent: list[int] = []

    async def upper(parts: Any) -> Any:
        async for part in parts:
            seen_when_sent.append(len(log))
            yield part.upper()

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.body_iterator = upper(response.body_iterator)
        return response

    await call(DispatchMiddleware(streaming(b"a", b"b", log=log), dispatch), on_send=sent.append)
    assert body_of(sent) == b"AB"
    assert seen_when_sent[:2] == [0, 1]


@pytest.mark.parametrize("spec_version", ["2.3", "2.5"])
async def test_a_wrapped_stream_works_on_old_and_new_servers(call: Any, spec_version: str) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        inner = response.body_iterator

        async def doubled() -> Any:
            async for part in inner:
                yield part * 2

        response.body_iterator = doubled()
        return response

    messages = await call(
        DispatchMiddleware(streaming(b"a"), dispatch), asgi={"version": "3.0", "spec_version": spec_version}
    )
    assert body_of(messages) == b"aa"


async def test_dispatch_can_read_the_whole_body_before_it_responds(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Response:
        response = await call_next(request)
        body = b"".join([part async for part in response.body_iterator])
        return Response(body[::-1])

    assert body_of(await call(DispatchMiddleware(streaming(b"ab", b"c"), dispatch))) == b"cba"


context: ContextVar[str] = ContextVar("context")


async def test_context_variables_flow_both_ways(call: Any) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(context.get())
        context.set("from the application")
        await streaming(b"a")(scope, receive, send)

    async def dispatch(request: Any, call_next: Any) -> Any:
        context.set("from dispatch")
        response = await call_next(request)
        seen.append(context.get())
        return response

    await call(DispatchMiddleware(app, dispatch))
    assert seen == ["from dispatch", "from the application"]


async def test_an_exception_of_the_application_comes_out_of_call_next_as_it_is(call: Any) -> None:
    error = ValueError("broken")
    caught: list[Exception] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    async def dispatch(request: Any, call_next: Any) -> Response:
        try:
            await call_next(request)
        except ValueError as exc:
            caught.append(exc)
        return PlainTextResponse("handled", 500)

    assert body_of(await call(DispatchMiddleware(app, dispatch))) == b"handled"
    assert caught == [error]


async def test_an_unhandled_exception_reaches_the_server_as_it_is(call: Any) -> None:
    error = ValueError("broken")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    with pytest.raises(ValueError, match="broken") as info:
        await call(DispatchMiddleware(DispatchMiddleware(app, pass_on), pass_on))
    assert info.value is error


async def test_an_exception_after_the_start_reaches_a_dispatch_that_reads_the_body(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise ValueError("broken")

    async def dispatch(request: Any, call_next: Any) -> Response:
        response = await call_next(request)
        try:
            async for _ in response.body_iterator:
                pass
        except ValueError:
            return PlainTextResponse("broken on the way", 502)
        raise AssertionError("no exception")

    assert body_of(await call(DispatchMiddleware(app, dispatch))) == b"broken on the way"


async def test_an_exception_of_dispatch_is_not_lost_if_the_application_swallows_it(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        except ValueError:
            await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})

    async def dispatch(request: Any, call_next: Any) -> Any:
        await call_next(request)
        raise ValueError("in dispatch")

    sent: list[Any] = []
    with pytest.raises(ValueError, match="in dispatch"):
        await call(DispatchMiddleware(app, dispatch), on_send=sent.append)
    assert sent == []


async def test_call_next_can_be_called_again(call: Any) -> None:
    attempts: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError("try again")
        status = 503 if len(attempts) == 2 else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": str(status).encode()})

    async def dispatch(request: Any, call_next: Any) -> Any:
        while True:
            try:
                response = await call_next(request)
            except ConnectionError:
                continue
            if response.status_code == 200:
                return response

    assert body_of(await call(DispatchMiddleware(app, dispatch))) == b"200"
    assert len(attempts) == 3


async def test_a_body_read_in_dispatch_is_read_again_by_the_application(call: Any) -> None:
    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["body"]})

    async def own(request: Request[Any]) -> Response:
        return Response(await request.body())

    async def dispatch(request: Any, call_next: Any) -> Any:
        assert await request.body() == b"hello"
        return await call_next(request)

    for app in (foreign, request_response(own)):
        assert body_of(await call(DispatchMiddleware(app, dispatch), body=(b"hel", b"lo"))) == b"hello"


async def test_a_disconnect_is_seen_through_any_depth() -> None:
    disconnected = anyio.Event()
    ended: list[bool] = []

    async def endpoint(request: Request[Any]) -> Response:
        async def parts() -> Any:
            while not await request.is_disconnected():
                yield b"x"
                disconnected.set()
                await anyio.sleep(0)
            ended.append(True)

        return StreamingResponse(parts())

    app: ASGIApp = request_response(endpoint)
    for _ in range(5):
        app = DispatchMiddleware(app, pass_on)

    received = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if received:
            return received.pop()
        if not disconnected.is_set():
            await disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.5"}}
    with anyio.fail_after(5):
        await app(scope, receive, send)
    assert ended == [True]


async def test_an_application_that_sends_from_a_task_of_its_own_works(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(streaming(b"a", b"b"), scope, receive, send)

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        await anyio.sleep(0)
        response.headers["x-dispatch"] = "1"
        return response

    messages = await call(DispatchMiddleware(app, dispatch))
    assert (header(messages, b"x-dispatch"), body_of(messages)) == (b"1", b"ab")


async def test_dispatch_awaits_the_event_loop_as_any_code_does(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        await anyio.sleep(0.01)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0.01)
        response = await call_next(request)
        await anyio.sleep(0.01)
        with anyio.move_on_after(0.01):
            await anyio.sleep(5)
        return response

    assert body_of(await call(DispatchMiddleware(streaming(b"a"), dispatch))) == b"a"


async def test_a_timeout_cancels_an_application_that_does_not_respond(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await anyio.sleep(30)

    async def dispatch(request: Any, call_next: Any) -> Response:
        try:
            await call_next(request, timeout=0.02)
        except TimeoutError as exc:
            return PlainTextResponse(str(exc), 504)
        raise AssertionError("no timeout")

    messages = await call(DispatchMiddleware(app, dispatch))
    assert body_of(messages) == b"the response to '/' had not started after 0.02 s"


async def test_a_timeout_ends_with_the_start_of_the_response(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await anyio.sleep(0.1)
        await send({"type": "http.response.body", "body": b"late"})

    async def dispatch(request: Any, call_next: Any) -> Any:
        return await call_next(request, timeout=0.05)

    assert body_of(await call(DispatchMiddleware(app, dispatch))) == b"late"


async def test_a_cancel_scope_of_dispatch_alone_may_straddle_call_next(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        with anyio.fail_after(5):
            return await call_next(request)

    assert body_of(await call(DispatchMiddleware(streaming(b"a"), dispatch))) == b"a"


async def test_a_cancel_scope_that_straddles_one_of_the_application_is_a_named_error(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with anyio.move_on_after(5):
            await streaming(b"a")(scope, receive, send)

    async def dispatch(request: Any, call_next: Any) -> Any:
        with anyio.fail_after(5):
            return await call_next(request)

    with pytest.raises(CallNextError, match="give the deadline to call_next as timeout="):
        await call(DispatchMiddleware(app, dispatch))


async def test_call_next_in_another_task_is_a_named_error(call: Any) -> None:
    errors: list[BaseException] = []

    async def dispatch(request: Any, call_next: Any) -> Response:
        async def elsewhere() -> None:
            try:
                await call_next(request)
            except CallNextError as exc:
                errors.append(exc)

        async with anyio.create_task_group() as group:
            group.start_soon(elsewhere)
        return PlainTextResponse("done")

    await call(DispatchMiddleware(streaming(), dispatch))
    assert "awaited outside the dispatch coroutine" in str(errors[0])


async def test_an_application_that_ends_without_a_response_is_a_named_error() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    with pytest.raises(CallNextError, match="ended without sending a response"):
        await DispatchMiddleware(app, pass_on)({"type": "http"}, app, app)  # type: ignore[arg-type]


async def test_cancellation_lets_dispatch_and_application_clean_up() -> None:
    log: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await anyio.sleep(30)
        finally:
            log.append("application")

    async def dispatch(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0)
            log.append("dispatch")

    async def nowhere(*args: Any) -> None: ...

    with anyio.move_on_after(0.02):
        await DispatchMiddleware(app, dispatch)({"type": "http"}, nowhere, nowhere)  # type: ignore[arg-type]
    assert log == ["application", "dispatch"]


async def test_background_work_of_the_response_runs_after_its_last_byte(call: Any) -> None:
    sent: list[Any] = []
    seen: list[bytes] = []

    async def background() -> None:
        seen.append(body_of(sent))

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.background = background
        return response

    await call(DispatchMiddleware(streaming(b"a", b"b"), dispatch), on_send=sent.append)
    assert seen == [b"ab"]


async def test_hints_before_the_response_pass_through(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
        await streaming(b"a")(scope, receive, send)

    messages = await call(DispatchMiddleware(app, pass_on), extensions={"http.response.early_hint": {}})
    assert messages[0]["type"] == "http.response.early_hint"


async def test_a_file_sent_by_the_server_passes_through_and_cannot_be_iterated_over(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/etc/hostname"})

    async def read(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        async for _ in response.body_iterator:
            pass
        return response

    offered = {"http.response.pathsend": {}}
    messages = await call(DispatchMiddleware(app, pass_on), extensions=offered)
    assert messages[1]["type"] == "http.response.pathsend"
    with pytest.raises(TypeError, match="no bytes to iterate over"):
        await call(DispatchMiddleware(app, read), extensions=offered)


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
async def test_other_scopes_pass_through(kind: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    scope = {"type": kind}
    await DispatchMiddleware(app, pass_on)(scope, app, app)  # type: ignore[arg-type]
    assert seen[0][0] is scope
    assert seen[0][2] is app


async def test_what_is_no_response_is_named(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        return "text"

    with pytest.raises(TypeError, match=r"dispatch test_what.* returned 'text'; return a Response"):
        await call(DispatchMiddleware(streaming(), dispatch))


async def test_nothing_is_left_unawaited_when_a_response_is_replaced(call: Any) -> None:
    async def dispatch(request: Any, call_next: Any) -> Response:
        response = await call_next(request)
        async for _ in response.body_iterator:
            break
        return PlainTextResponse("done")

    await call(DispatchMiddleware(streaming(b"a", b"b"), dispatch))
    gc.collect()


def test_a_dispatch_that_is_missing_or_not_async_is_rejected_at_construction() -> None:
    with pytest.raises(TypeError, match="needs a dispatch function"):
        DispatchMiddleware(streaming())
    with pytest.raises(TypeError, match="must be an async function"):
        DispatchMiddleware(streaming(), lambda request, call_next: None)  # type: ignore[arg-type, return-value]
