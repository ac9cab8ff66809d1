"""What a client sees, with keys in memory."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from testkit import call

from armillary.asgi_types import HTTPException
from armillary.http import JSONResponse, Request, Response, StreamingResponse, request_response
from armillary.idempotency import IdempotencyMiddleware, MemoryStore, StoreUnavailable, idempotent

pytestmark = pytest.mark.anyio


async def test_a_repetition_gets_the_stored_response_byte_for_byte_and_has_no_effect(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    first = await pay(app)
    second = await pay(app)
    assert bank.payments == [b"5"]
    assert first.body == b"payment 1 of 5"
    assert (second.status, second.raw_headers, second.body) == (201, first.raw_headers, first.body)


async def test_the_quotation_marks_and_the_pieces_of_the_body_make_no_difference(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    await pay(app, b'"abc"', b"12345")
    assert (await pay(app, b"abc", [b"12", b"345"])).body == b"payment 1 of 12345"


@pytest.mark.parametrize("other", [{"body": b"6"}, {"path": "/refund"}, {"query_string": b"a=1"}, {"method": "PATCH"}])
async def test_another_payload_with_the_same_key_gets_422(bank: Any, pay: Any, other: Any) -> None:
    app = IdempotencyMiddleware(bank)
    await pay(app)
    sent = await pay(app, **other)
    assert sent.status == 422
    assert "another payload" in json.loads(sent.body)["detail"]
    assert bank.payments == [b"5"]


async def test_a_repetition_of_a_running_request_gets_409_with_retry_after(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    receipt, started, finish = bank.respond, anyio.Event(), anyio.Event()

    async def wait(*args: Any) -> None:
        started.set()
        await finish.wait()
        await receipt(*args)

    bank.respond = wait
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pay, app)
        await started.wait()
        during = await pay(app)
        other = await pay(app, body=b"6")
        finish.set()
    assert (during.status, during.headers["retry-after"]) == (409, "1")
    assert during.headers["content-type"] == "application/problem+json"
    assert other.status == 422
    assert (await pay(app)).body == b"payment 1 of 5"
    assert bank.payments == [b"5"]


async def test_a_request_without_a_key_runs_unless_a_key_is_required(bank: Any, pay: Any) -> None:
    optional, required = IdempotencyMiddleware(bank), IdempotencyMiddleware(bank, required=True)
    assert (await pay(optional, None)).status == 201
    assert (await pay(optional, None)).body == b"payment 2 of 5"
    rejected = await pay(required, None)
    assert rejected.status == 400
    assert "needs an Idempotency-Key" in json.loads(rejected.body)["detail"]


@pytest.mark.parametrize("key", [b'""', b"a b", [b"a", b"b"], b"\xff"])
async def test_a_malformed_key_gets_400(bank: Any, pay: Any, key: Any) -> None:
    assert (await pay(IdempotencyMiddleware(bank), key)).status == 400
    assert not bank.payments


async def test_get_and_websockets_pass_through(bank: Any, pay: Any, call: Any) -> None:
    app = IdempotencyMiddleware(bank, required=True)
    assert (await pay(app, None, method="GET")).status == 201

    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    assert (await call(IdempotencyMiddleware(accept, required=True), type="websocket")).kinds == ["websocket.accept"]


async def test_keys_belong_to_the_user_who_sent_them(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    assert (await pay(app, user=b"Bearer ada")).body == b"payment 1 of 5"
    assert (await pay(app, user=b"Bearer bob")).body == b"payment 2 of 5"
    assert (await pay(app, user=b"Bearer ada")).body == b"payment 1 of 5"


async def test_the_identity_of_an_authenticated_user_counts_whatever_their_token(bank: Any, pay: Any) -> None:
    class User:
        is_authenticated = True
        identity = "ada"

    app = IdempotencyMiddleware(bank)

    async def with_user(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "user": User()}, receive, send)

    await pay(with_user, user=b"Bearer one", key=b"k3")
    assert (await pay(with_user, user=b"Bearer two", key=b"k3")).body == b"payment 1 of 5"


@pytest.mark.parametrize("status", [200, 204, 302, 400, 402, 404, 422])
async def test_a_final_response_is_stored(bank: Any, pay: Any, status: int) -> None:
    async def respond(scope: Any, send: Any, number: int, body: bytes) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    bank.respond = respond
    app = IdempotencyMiddleware(bank)
    assert [(await pay(app)).status for _ in range(2)] == [status, status]
    assert len(bank.payments) == 1


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
async def test_after_a_response_that_asks_to_try_again_the_request_runs_again(bank: Any, pay: Any, status: int) -> None:
    async def respond(scope: Any, send: Any, number: int, body: bytes) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    bank.respond = respond
    app = IdempotencyMiddleware(bank)
    assert [(await pay(app)).status for _ in range(2)] == [status, status]
    assert len(bank.payments) == 2


async def test_after_an_exception_the_request_runs_again_and_the_exception_gets_its_response(pay: Any) -> None:
    calls = 0

    async def fail(request: Request) -> Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise HTTPException(503)
        return Response("done")

    app = IdempotencyMiddleware(request_response(fail))
    assert [(await pay(app)).status for _ in range(2)] == [503, 200]

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError("after the start, before the end")

    sent = await pay(IdempotencyMiddleware(broken), catch=True)
    assert isinstance(sent.error, LookupError)
    assert sent == []  # so that the layer outside may still respond


async def test_a_response_that_replaces_one_that_is_held_is_the_only_one_sent_and_is_kept(pay: Any) -> None:
    async def replaced(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await Response("whole", 409)(scope, receive, send)

    app = IdempotencyMiddleware(replaced)
    for _ in range(2):
        sent = await pay(app)
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
        assert (sent.status, sent.body) == (409, b"whole")


class Clock:
    """The time of `MemoryStore`, which passes when a test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("armillary.idempotency._memory_store.time", clock)
    return clock


async def test_a_key_expires(bank: Any, pay: Any, clock: Clock) -> None:
    app = IdempotencyMiddleware(bank, lifetime=60)
    await pay(app)
    clock.now += 61
    assert (await pay(app)).body == b"payment 2 of 5"


async def test_a_key_does_not_expire_while_its_request_may_run(bank: Any, pay: Any, clock: Clock) -> None:
    app = IdempotencyMiddleware(bank, lifetime=5, lease=60)
    receipt = bank.respond
    statuses: list[int] = []

    async def repeat_late(*args: Any) -> None:
        bank.respond = receipt
        clock.now += 20
        statuses.append((await pay(app)).status)
        await receipt(*args)

    bank.respond = repeat_late
    assert (await pay(app)).status == 201
    assert statuses == [409]
    clock.now += 6
    assert (await pay(app)).body == b"payment 2 of 5"


async def test_a_request_that_is_cancelled_while_it_claims_its_key_leaves_it_free(bank: Any, pay: Any) -> None:
    class Slow(MemoryStore):
        async def claim(self, *args: Any, **options: Any) -> Any:
            stored = await super().claim(*args, **options)
            if not was_cancelled:
                was_cancelled.append(True)
                scope.cancel()
                await anyio.sleep_forever()
            return stored

    was_cancelled: list[bool] = []
    app = IdempotencyMiddleware(bank, Slow())
    scope = anyio.CancelScope()
    with scope:
        await pay(app)
    assert (bank.payments, was_cancelled) == ([], [True])
    assert (await pay(app)).body == b"payment 1 of 5"


async def test_an_interrupted_request_is_rejected_by_default_and_repeated_if_that_is_set(
    bank: Any, pay: Any, clock: Clock
) -> None:
    receipt = bank.respond

    async def hang(*args: Any) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    for unfinished, status, payments in (("reject", 409, 1), ("repeat", 201, 2)):
        bank.payments.clear()
        app = IdempotencyMiddleware(bank, lease=10, unfinished=unfinished)
        bank.respond = hang
        scope = anyio.CancelScope()
        with scope:
            await pay(app)
        bank.respond = receipt
        assert (await pay(app)).headers["retry-after"] == "1"
        clock.now += 11
        sent = await pay(app)
        assert (sent.status, len(bank.payments)) == (status, payments)
        if status == 409:
            assert "interrupted" in json.loads(sent.body)["detail"]
            assert "retry-after" not in sent.headers
        assert (await pay(app, body=b"6")).status == 422


async def test_a_response_larger_than_the_limit_is_sent_but_not_kept_and_the_request_not_run_again(
    bank: Any, pay: Any
) -> None:
    app = IdempotencyMiddleware(bank, max_response_size=10)
    assert (await pay(app)).body == b"payment 1 of 5"
    repeated = await pay(app)
    assert repeated.status == 409
    assert "completed with status 201" in json.loads(repeated.body)["detail"]
    assert len(bank.payments) == 1


async def test_a_stream_is_passed_on_as_it_comes_and_the_request_not_run_again(pay: Any) -> None:
    calls = 0
    passed: list[Any] = []
    at_second: list[Any] = []

    async def pieces() -> Any:
        yield b"one "
        at_second.extend(passed)
        yield b"two"

    async def stream(request: Request) -> Response:
        nonlocal calls
        calls += 1
        return StreamingResponse(pieces())

    app = IdempotencyMiddleware(request_response(stream))
    first = await pay(app, on_send=passed.append)
    assert first.body == b"one two"
    assert [message.get("body") for message in at_second][1:] == [b"one "]
    assert (await pay(app)).status == 409
    assert calls == 1


async def test_pieces_of_a_known_length_are_kept(bank: Any, pay: Any) -> None:
    async def respond(scope: Any, send: Any, number: int, body: bytes) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await send({"type": "http.response.body", "body": b"cd"})

    bank.respond = respond
    app = IdempotencyMiddleware(bank)
    await pay(app)
    assert (await pay(app)).body == b"abcd"
    assert len(bank.payments) == 1


async def test_a_client_that_disconnects_before_its_body_came_claims_nothing(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    first = {"type": "http.request", "body": b"5", "more_body": True}
    assert await pay(app, received=[first, {"type": "http.disconnect"}]) == []
    assert (await pay(app)).body == b"payment 1 of 5"


async def test_a_body_over_the_limit_is_rejected_before_it_is_hashed(bank: Any, pay: Any) -> None:
    assert (await pay(IdempotencyMiddleware(bank), body=[b"x" * 2**20] * 17)).status == 413
    assert not bank.payments


async def test_many_repetitions_at_once_have_one_effect(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank)
    statuses: list[int] = []

    async def repeat() -> None:
        sent = await pay(app)
        while sent.status == 409:
            await anyio.sleep(0)
            sent = await pay(app)
        statuses.append(sent.status)

    receipt = bank.respond

    async def slow(*args: Any) -> None:
        await anyio.sleep(0.02)
        await receipt(*args)

    bank.respond = slow
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(repeat)
    assert statuses == [201] * 100
    assert bank.payments == [b"5"]


async def test_a_full_memory_rejects_new_keys_and_forgets_none(bank: Any, pay: Any, clock: Clock) -> None:
    app = IdempotencyMiddleware(bank, MemoryStore(max_bytes=1200), lifetime=60)
    await pay(app, b"a")
    assert (await pay(app, b"b")).status == 503
    assert (await pay(app, b"a")).status == 201
    clock.now += 61
    assert (await pay(app, b"b")).status == 201


async def test_a_store_that_is_down_rejects_before_the_request_runs_and_never_hides_what_was_done(
    bank: Any, pay: Any
) -> None:
    class Down(MemoryStore):
        async def claim(self, *args: Any, **options: Any) -> Any:
            raise StoreUnavailable("no network")

    class DownLater(MemoryStore):
        async def complete(self, *args: Any, **options: Any) -> bool:
            raise StoreUnavailable("no network")

    sent = await pay(IdempotencyMiddleware(bank, Down()))
    assert (sent.status, bank.payments) == (503, [])
    assert b"network" not in sent.body
    app = IdempotencyMiddleware(bank, DownLater())
    assert (await pay(app)).status == 201
    assert (await pay(app)).status == 409
    assert len(bank.payments) == 1


async def test_a_transactional_store_that_is_lost_at_the_end_is_a_503_that_names_no_address(
    bank: Any, pay: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Lost(MemoryStore):
        is_transactional = True

        async def complete(self, *args: Any, **options: Any) -> bool:
            raise StoreUnavailable("connection to 10.0.0.7 refused")

    with pytest.raises(StoreUnavailable, match=r"10\.0\.0\.7") as raised:
        await pay(IdempotencyMiddleware(bank, Lost()))
    assert raised.value.status_code == 503
    assert "10.0.0.7" not in raised.value.detail
    assert "10.0.0.7" in caplog.text


@pytest.mark.parametrize("documentation", [None, "https://example.com/keys"])
async def test_a_rejection_is_text_for_who_prefers_it_and_varies_by_accept(documentation: str | None) -> None:
    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    app = IdempotencyMiddleware(never, required=True, documentation=documentation)
    text = await call(app, "/", method="POST", headers=[(b"accept", b"text/plain")])
    assert (text.status, text.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert text.body.startswith(b"This request needs an Idempotency-Key")
    document = await call(app, "/", method="POST")
    assert document.headers["content-type"] == "application/problem+json"
    assert json.loads(document.body)["status"] == 400
    assert text.headers["vary"] == document.headers["vary"] == "Accept"


async def test_errors_name_the_documentation(bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank, required=True, documentation="https://example.com/keys")
    sent = await pay(app, None)
    assert sent.headers["link"] == '<https://example.com/keys>; rel="describedby"'
    document = json.loads(sent.body)
    assert (document["type"], document["title"]) == ("https://example.com/keys", "Idempotency-Key is missing")


async def test_one_endpoint_is_decorated(pay: Any) -> None:
    calls = 0

    @idempotent(MemoryStore())
    async def create(request: Request) -> Response:
        nonlocal calls
        calls += 1
        return JSONResponse({"number": calls, **json.loads(await request.body())})

    app = request_response(create)
    assert (await pay(app, None)).status == 400
    bodies = [(await pay(app, body=b'{"a":1}')).body for _ in range(2)]
    assert bodies == [b'{"number":1,"a":1}'] * 2
    assert create.__name__ == "create"


async def test_a_store_given_by_url_is_closed_when_the_server_stops(call: Any) -> None:
    closed = []

    class Closing(MemoryStore):
        async def close(self) -> None:
            closed.append(True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    from testkit import Connection, lifespan_scope

    for store, closes in (("memory://", [True]), (Closing(), [])):
        middleware = IdempotencyMiddleware(app, store)
        if store == "memory://":
            middleware.store = Closing()
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        await Connection(lifespan_scope(), *messages).run(middleware)
        assert closed == closes
        closed.clear()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"store": "kafka://x"}, ValueError, r'"redis://".*extra redis.*SQLStore.*\'kafka\''),
        ({"store": "postgresql://x"}, ValueError, "SQLStore"),
        ({"store": 5}, TypeError, "store is a URL"),
        ({"lease": 0}, ValueError, "lease"),
        ({"lifetime": "1d"}, TypeError, "lifetime"),
        ({"unfinished": "again"}, ValueError, "unfinished"),
        ({"methods": "POST"}, TypeError, "methods"),
        ({"user": "ada"}, TypeError, "user"),
        ({"max_response_size": -1}, ValueError, "max_response_size"),
        ({"max_response_size": None}, TypeError, "max_response_size"),
        ({"documentation": "a b"}, ValueError, "documentation"),
    ],
)
async def test_a_wrong_setting_is_named_at_construction(bank: Any, options: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        IdempotencyMiddleware(bank, **options)


async def test_a_decorator_without_brackets_is_an_error() -> None:
    async def pay(request: Request) -> Response:
        return Response()

    with pytest.raises(TypeError, match="store is a URL"):
        idempotent(pay)  # type: ignore[arg-type]
