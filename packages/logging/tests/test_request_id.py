"""Request ids: which are accepted, and who sees them."""

from __future__ import annotations

import logging
import os
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.logging import (
    AccessLogMiddleware,
    RequestIDFilter,
    RequestIDMiddleware,
    RequestIDPolicy,
    current_request_id,
    new_request_id,
)

HEADER = b"x-request-id"


async def app(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"x-seen", (current_request_id.get() or "none").encode())]
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept", "headers": headers})
        await send({"type": "websocket.close"})
        return
    assert scope["armillary"]["request_id"] == current_request_id.get()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def test_generated_ids_are_never_the_same() -> None:
    ids = {new_request_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(len(made) == 32 and int(made, 16) >= 0 for made in ids)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_makes_ids_of_its_own() -> None:
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.write(writing, new_request_id().encode())
        os._exit(0)
    os.waitpid(process, 0)
    of_child, of_parent = os.read(reading, 32).decode(), new_request_id()
    os.close(reading)
    os.close(writing)
    assert of_child[:16] != of_parent[:16]


@given(st.binary(max_size=300))
def test_an_id_that_arrives_is_kept_or_replaced_and_never_changed(value: bytes) -> None:
    policy = RequestIDPolicy(generate=lambda: "made")
    chosen = policy.choose([(HEADER, value)])
    assert chosen == "made" or chosen.encode() == value
    assert 0 < len(chosen) <= 128
    assert not set(chosen) & set(" \"'<>;,\\\r\n\0")


@pytest.mark.parametrize("value", [b"a1", b"Root=1-67891233-abcdef012345678912345678", b"x" * 128])
def test_a_well_formed_id_is_kept(value: bytes) -> None:
    assert RequestIDPolicy().choose([(b"host", b"a"), (HEADER, value)]) == value.decode()


@pytest.mark.parametrize("value", [b"", b"a b", b"a\nb", b"a\0", b"<b>", b'"', b"\xe9", b"x" * 129, b"a;b", b"$(id)"])
def test_an_id_that_could_forge_a_line_is_replaced(value: bytes) -> None:
    assert len(RequestIDPolicy().choose([(HEADER, value)])) == 32


def test_two_ids_are_none() -> None:
    assert RequestIDPolicy(generate=lambda: "made").choose([(HEADER, b"a"), (HEADER, b"b")]) == "made"


def test_ids_of_clients_can_be_rejected_altogether() -> None:
    assert RequestIDPolicy(accept=False, generate=lambda: "made").choose([(HEADER, b"a")]) == "made"


@pytest.mark.parametrize("made", ["", "a b", "a\r\nset-cookie: x=1", "é", "x" * 129])
def test_a_generator_cannot_put_a_header_into_the_response(made: str) -> None:
    with pytest.raises(ValueError, match="generate returned"):
        RequestIDPolicy(generate=lambda: made).choose([])


def test_bad_configuration_is_rejected_at_construction() -> None:
    with pytest.raises(ValueError, match="header name"):
        RequestIDMiddleware(app, header="X Request")
    with pytest.raises(TypeError, match="generate must be a function"):
        RequestIDMiddleware(app, generate="uuid4")  # type: ignore[arg-type]


@pytest.mark.anyio
@pytest.mark.parametrize("scope_type", ["http", "websocket"])
async def test_the_application_and_the_client_see_the_same_id(connection: Any, scope_type: str) -> None:
    received = ({"type": "websocket.connect"},) if scope_type == "websocket" else ()
    made = connection(scope_type, received, headers=[(HEADER, b"a1")])
    await made.call(RequestIDMiddleware(app))
    assert made.fields(b"x-seen") == made.fields(HEADER) == [b"a1"]
    assert current_request_id.get() is None


@pytest.mark.anyio
async def test_the_outermost_id_stays(connection: Any) -> None:
    made = connection()
    await made.call(RequestIDMiddleware(AccessLogMiddleware(RequestIDMiddleware(app))))
    assert made.fields(b"x-seen") == made.fields(HEADER)
    assert len(made.fields(HEADER)) == 1


@pytest.mark.anyio
async def test_an_id_that_the_application_names_itself_stays(connection: Any) -> None:
    async def naming(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(HEADER, b"own")]})
        await send({"type": "http.response.body"})

    made = connection()
    await made.call(RequestIDMiddleware(naming))
    assert made.fields(HEADER) == [b"own"]


@pytest.mark.anyio
async def test_the_response_need_not_name_it(connection: Any) -> None:
    made = connection()
    await made.call(RequestIDMiddleware(app, respond=False))
    assert made.fields(HEADER) == []


@pytest.mark.anyio
async def test_a_message_that_the_application_uses_again_is_left_as_it_is(connection: Any) -> None:
    start = {"type": "http.response.start", "status": 200, "headers": []}

    async def reusing(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body"})

    for middleware in (RequestIDMiddleware, AccessLogMiddleware):
        await connection().call(middleware(reusing))
    assert start == {"type": "http.response.start", "status": 200, "headers": []}


@pytest.mark.anyio
async def test_the_id_does_not_outlive_a_request_that_failed() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    async def unused(*args: Any) -> None: ...

    with pytest.raises(RuntimeError):
        await RequestIDMiddleware(failing)({"type": "http", "headers": []}, unused, unused)
    assert current_request_id.get() is None


def test_the_filter_gives_every_record_an_id() -> None:
    record = logging.makeLogRecord({})
    token = current_request_id.set("a1")
    try:
        assert RequestIDFilter().filter(record)
    finally:
        current_request_id.reset(token)
    assert record.__dict__["request_id"] == "a1"
    kept = logging.makeLogRecord({"request_id": "other"})
    RequestIDFilter().filter(kept)
    assert kept.__dict__["request_id"] == "other"
