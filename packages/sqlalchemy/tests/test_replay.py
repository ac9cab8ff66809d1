"""An endpoint that runs again after a conflict sees the request as it first came, or does not run again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import UserDict
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, text
from testkit import call

from armillary.asgi_types import scope_record
from armillary.http import PlainTextResponse, Request, Response, UploadFile, request_response
from armillary.sqlalchemy import (
    Database,
    TransactionConflict,
    TransactionMiddleware,
    TransactionRetry,
    database_session,
    transactional,
)

pytestmark = pytest.mark.anyio

MULTIPART = {"headers": [(b"content-type", b"multipart/form-data; boundary=B")]}
JSON = {"headers": [(b"content-type", b"application/json")]}
UPLOAD = b'--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%s\r\n--B--\r\n'


def replayed(endpoint: Any, runs: int = 2) -> Any:
    """Return an endpoint that runs that many times, since all its transactions but the last conflict."""
    left = runs

    async def conflicting(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        result = await endpoint(*args, **kwargs)
        left -= 1
        if left:
            raise TransactionConflict
        return result

    return transactional(retry=TransactionRetry(attempts=runs, first_delay=0))(conflicting)


def app_of(endpoint: Any, database: Database) -> Any:
    return TransactionMiddleware(request_response(endpoint), database)


async def post(app: Any, body: bytes = b"", path: str = "/", **keys: Any) -> Any:
    async with asyncio.timeout(30):
        return await call(app, path, "POST", body=body, at_end="wait", **keys)


@pytest.fixture
def unused() -> Database:
    """A database that an endpoint does not use."""
    return Database("sqlite://")


@pytest.mark.parametrize("opened", ["awaited", "in a block", "in parts"])
async def test_four_uploads_at_once_that_conflict_are_each_stored_whole(database: Database, opened: str) -> None:
    """All read the same row and change it, so that all but one of them run again."""
    uploads = Table("upload", MetaData(), Column("id", Integer, primary_key=True), Column("content", LargeBinary))
    async with database.engine.begin() as connection:
        await connection.run_sync(uploads.drop, checkfirst=True)
        await connection.run_sync(uploads.create)
    all_read = asyncio.Barrier(4)
    runs: list[bytes] = []

    async def content_of(request: Request) -> bytes:
        if opened == "in parts":
            return b"".join([await part.read() async for part in request.parts()])
        if opened == "in a block":
            async with request.form() as form:
                return b"".join([await upload.read() for upload in form.files()])
        return b"".join([await upload.read() for upload in (await request.form()).files()])

    @transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=30, first_delay=0.01))
    async def store(request: Request) -> Response:
        content = await content_of(request)
        runs.append(content)
        session = database_session(request)
        left = await session.scalar(text("SELECT balance FROM account WHERE id = 1"))
        if len(runs) <= 4 and not database.url.startswith("sqlite"):
            await all_read.wait()
        await session.execute(uploads.insert().values(content=content))
        await session.execute(text(f"UPDATE account SET balance = {left - 1} WHERE id = 1"))
        return Response()

    contents = [bytes([number]) * 5000 for number in range(1, 5)]
    app = app_of(store, database)
    try:
        responses = await asyncio.gather(*(post(app, UPLOAD % content, **MULTIPART) for content in contents))
        assert [response.status for response in responses] == [200] * 4
        assert len(runs) == 4 if database.url.startswith("sqlite") else len(runs) > 4
        async with database.transaction() as session:
            assert sorted(await session.scalars(uploads.select().with_only_columns(uploads.c.content))) == contents
            assert await session.scalar(text("SELECT balance FROM account WHERE id = 1")) == 96
    finally:
        async with database.engine.begin() as connection:
            await connection.run_sync(uploads.drop)


async def test_json_that_a_run_changed_is_decoded_again(unused: Database) -> None:
    seen = []

    async def endpoint(request: Request) -> Response:
        order = await request.json()
        seen.append(json.dumps(order))
        order["items"].pop()
        order["paid"] = True
        return PlainTextResponse(str((await request.json())["paid"]))

    response = await post(app_of(replayed(endpoint, 3), unused), b'{"items": [1, 2]}', **JSON)
    assert (response.status, seen) == (200, ['{"items": [1, 2]}'] * 3)


@pytest.mark.parametrize("size", [10, 2**21], ids=["in memory", "on disk"])
async def test_a_form_that_a_run_closed_is_open_again(unused: Database, size: int) -> None:
    seen = []

    async def endpoint(request: Request) -> Response:
        async with request.form() as form:
            seen.append(len(await form.files()[0].read()))
        return Response()

    response = await post(app_of(replayed(endpoint), unused), UPLOAD % (b"x" * size), **MULTIPART)
    assert (response.status, seen) == (200, [size, size])


async def test_a_body_over_the_limit_is_rejected_before_the_endpoint_runs(unused: Database) -> None:
    async def endpoint(request: Request) -> Response:
        raise AssertionError("must not run")

    app = app_of(replayed(endpoint), unused)

    async def limited(scope: Any, receive: Any, send: Any) -> None:
        scope_record(scope)["max_body_size"] = 3
        await app(scope, receive, send)

    assert (await post(limited, b"long")).status == 413


async def test_a_body_that_middleware_streamed_is_an_error_of_the_first_run(unused: Database) -> None:
    async def endpoint(request: Request) -> Response:
        raise AssertionError("must not run")

    inner = request_response(replayed(endpoint))

    async def streaming(scope: Any, receive: Any, send: Any) -> None:
        async for _ in Request(scope, receive).stream():
            pass
        await inner(scope, receive, send)

    with pytest.raises(RuntimeError, match=r"await request\.body\(\) before"):
        await post(TransactionMiddleware(streaming, unused), b"body")


async def test_a_form_that_middleware_read_is_rewound(unused: Database, caplog: pytest.LogCaptureFixture) -> None:
    """As middleware does that looks for a token in it. Files that a run closed are gone with it."""
    seen = []

    async def endpoint(request: Request) -> Response:
        form = await request.form()
        seen.append(await form.files()[0].read())
        if request.url.path == "/closes":
            await form.close()
        return Response()

    def reading(inner: Any) -> Any:
        async def read_form(scope: Any, receive: Any, send: Any) -> None:
            await Request(scope, receive).form()
            await inner(scope, receive, send)

        return TransactionMiddleware(read_form, unused)

    app = reading(request_response(replayed(endpoint)))
    response = await post(app, UPLOAD % b"content", **MULTIPART)
    assert (response.status, seen) == (200, [b"content", b"content"])

    app = reading(request_response(replayed(endpoint)))
    response = await post(app, UPLOAD % b"content", path="/closes", **MULTIPART)
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    assert len(seen) == 3
    assert "is not run again after a conflict: the upload 'f' was closed" in caplog.text


@dataclass
class Order:
    items: list[int]
    labels: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """It holds more than data."""

    connection: object
    calls: list[int] = field(default_factory=list)


async def test_values_bound_from_the_request_are_as_they_first_came(unused: Database) -> None:
    """Such as a framework passes that reads parameters from the body."""
    seen: list[Any] = []
    order, extra, service = Order([1, 2]), [{"a": [1]}], Service(object())
    upload, more = UploadFile(BytesIO(b"one"), filename="1"), UploadFile(BytesIO(b"two"), filename="2")

    async def endpoint(request: Request, order: Order, *, extra: Any, upload: UploadFile, more: Any, by: Any) -> Any:
        seen.append((order.items[:], json.dumps(extra), await upload.read(), await more["files"][0].read()))
        order.items.clear()
        extra[0]["a"].append(2)
        by.calls.append(1)
        assert by is service
        return Response()

    function = replayed(endpoint)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        values: Any = {"extra": extra, "upload": upload, "more": {"files": [more]}, "by": service}
        await (await function(Request(scope, receive), order, **values))(scope, receive, send)

    response = await post(TransactionMiddleware(app, unused))
    assert response.status == 200
    assert seen == [([1, 2], '[{"a": [1]}]', b"one", b"two")] * 2
    assert service.calls == [1, 1]
    assert order.items == [1, 2]


class ForeignRequest:
    """What another framework has for a request."""

    def __init__(self, scope: Any, receive: Any) -> None:
        self.scope = scope
        self._receive = receive

    async def read(self) -> bytes:
        body: bytes = (await self._receive())["body"]
        return body


@pytest.mark.parametrize(("reads", "runs", "status"), [(False, 2, 200), (True, 1, 503)])
async def test_a_request_of_another_framework_is_replayed_unless_its_body_was_read(
    unused: Database, caplog: pytest.LogCaptureFixture, reads: bool, runs: int, status: int
) -> None:
    calls = 0

    async def endpoint(request: ForeignRequest) -> Response:
        nonlocal calls
        calls += 1
        if reads:
            assert await request.read() == b"body"
        return Response()

    function = replayed(endpoint)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (await function(ForeignRequest(scope, receive)))(scope, receive, send)

    response = await post(TransactionMiddleware(app, unused), b"body")
    assert (response.status, calls) == (status, runs)
    assert ("is not run again" in caplog.text) is reads


class RecordingSession(dict[str, Any]):
    """A session that records changes, as those of session middleware do."""

    modified = accessed = rotated = False

    def __setitem__(self, key: str, value: Any) -> None:
        self.modified = True
        super().__setitem__(key, value)

    def clear(self) -> None:
        raise AssertionError("would be recorded as a change")

    def items(self) -> Any:
        self.accessed = True
        return super().items()


def with_keys(app: Any, **keys: Any) -> Any:
    async def add_keys(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, **keys}, receive, send)

    return add_keys


@pytest.mark.parametrize("kind", [dict, RecordingSession, UserDict])
async def test_a_session_holds_nothing_of_calls_that_were_rolled_back(unused: Database, kind: Any) -> None:
    seen = []
    session = kind({"cart": ["pen"], "theme": "dark"})

    async def endpoint(request: Request) -> Response:
        seen.append(json.dumps(dict(request.session)))
        request.session["cart"].append("book")
        request.session["visits"] = request.session.get("visits", 0) + 1
        del request.session["theme"]
        return Response()

    response = await post(with_keys(app_of(replayed(endpoint, 3), unused), session=session))
    assert (response.status, seen) == (200, ['{"cart": ["pen"], "theme": "dark"}'] * 3)
    assert dict(session) == {"cart": ["pen", "book"], "visits": 1}


async def test_a_session_records_no_change_that_was_rolled_back_and_no_access_of_its_copying(unused: Database) -> None:
    session, calls = RecordingSession(a=1), 0

    async def endpoint(request: Request) -> Response:
        nonlocal calls
        calls += 1
        if calls == 1:
            session["a"] = 2
            session.rotated = True
        return Response()

    response = await post(with_keys(app_of(replayed(endpoint), unused), session=session))
    assert (response.status, calls, session["a"]) == (200, 2, 1)
    assert (session.modified, session.rotated, session.accessed) == (False, False, False)


async def test_a_session_that_cannot_be_copied_is_an_error_before_the_endpoint_runs(unused: Database) -> None:
    async def endpoint(request: Request) -> Response:
        raise AssertionError("must not run")

    app = with_keys(app_of(replayed(endpoint), unused), session={"lock": threading.Lock()})
    with pytest.raises(TypeError, match=r"session\['lock'\] cannot be copied for a replay .*; keep data in"):
        await post(app)


@pytest.mark.parametrize("keys", [{}, {"state": {"kept": "first"}}], ids=["no state", "a state"])
async def test_the_state_holds_nothing_of_calls_that_were_rolled_back(unused: Database, keys: Any) -> None:
    seen, before = [], dict(keys.get("state", {}))

    async def endpoint(request: Request) -> Response:
        seen.append(dict(request.scope.get("state", {})))
        request.state.calls = getattr(request.state, "calls", 0) + 1
        request.state.kept = "changed"
        return PlainTextResponse(str(request.state.calls))

    response = await post(with_keys(app_of(replayed(endpoint, 3), unused), **keys))
    assert (response.body, seen) == (b"1", [before] * 3)


async def test_an_object_of_the_application_in_the_state_is_the_same_for_each_call(unused: Database) -> None:
    cache: dict[str, int] = {}

    async def endpoint(request: Request) -> Response:
        assert request.state.cache is cache
        cache["calls"] = cache.get("calls", 0) + 1
        return Response()

    response = await post(with_keys(app_of(replayed(endpoint), unused), state={"cache": cache}))
    assert (response.status, cache) == (200, {"calls": 2})
