"""`AccessLogMiddleware`: one record for every connection."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from armillary.asgi_types import ClientDisconnect, HTTPException
from armillary.lint import lint
from armillary.logging import AccessLogMiddleware, RequestIDMiddleware, current_request_id

START = {"type": "http.response.start", "status": 200, "headers": []}


def app_sending(*messages: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


hello = app_sending(START, {"type": "http.response.body", "body": b"hello"})


@pytest.mark.anyio
async def test_a_record_has_the_facts_of_the_request(connection: Any, logger: Any, records: list[Any]) -> None:
    made = connection(path="/users/7", headers=[(b"x-request-id", b"a1")], route=SimpleNamespace(path="/users/{id}"))
    await made.call(AccessLogMiddleware(lint(hello), logger))
    (record,) = records
    assert (record.client, record.method, record.path, record.route) == ("192.0.2.1", "GET", "/users/7", "/users/{id}")
    assert (record.status, record.outcome, record.error, record.response_bytes) == (200, "complete", None, 5)
    assert (record.request_id, record.levelno, record.name) == ("a1", logging.INFO, logger.name)
    assert 0 <= record.duration < 5
    assert record.getMessage().startswith('192.0.2.1 "GET /users/7" 200 complete 5 bytes 0.')
    assert made.fields(b"x-request-id") == [b"a1"]


@pytest.mark.anyio
async def test_the_template_below_a_mount_is_in_the_record_of_the_scope(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    async def routed(scope: Any, receive: Any, send: Any) -> None:
        copied = dict(scope)
        copied["armillary"]["route_path"] = "/api/users/{id}"
        await hello(copied, receive, send)

    await connection().call(AccessLogMiddleware(routed, logger))
    assert records[0].route == "/api/users/{id}"


@pytest.mark.anyio
async def test_log_injection_through_path_method_and_client(logger: Any, records: list[Any]) -> None:
    async def unused(message: Any = None) -> None: ...

    scope = {
        "type": "http",
        "method": "GET\n",
        "path": '/a" 200\r\n192.0.2.9 "GET /admin\x1b[2J',
        "headers": [(b"x-request-id", b"a\nb")],
        "client": ("evil\nhost", 1),
    }
    await AccessLogMiddleware(hello, logger)(scope, unused, unused)
    (record,) = records
    line = record.getMessage()
    assert line.isprintable()
    assert line.count('"') - line.count('\\"') == 2
    assert "\n" not in record.path + record.method + record.client + record.request_id


@pytest.mark.anyio
async def test_the_query_is_not_logged(connection: Any, logger: Any, records: list[Any]) -> None:
    await connection(query_string=b"token=s3cret").call(AccessLogMiddleware(hello, logger))
    assert "s3cret" not in str(vars(records[0])) + records[0].getMessage()


@pytest.mark.anyio
async def test_a_stream_is_counted_and_not_held_back(connection: Any, logger: Any, records: list[Any]) -> None:
    made = connection()
    seen: list[int] = []

    async def streaming(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
            seen.append(len(made.sent))
        assert not records
        await send({"type": "http.response.body", "body": b""})
        assert len(records) == 1

    await made.call(AccessLogMiddleware(streaming, logger))
    assert seen == [2, 3, 4]
    assert (records[0].response_bytes, len(records)) == (12, 1)


@pytest.mark.anyio
async def test_the_duration_ends_with_the_last_byte_and_not_with_background_work(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    async def working(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        assert len(records) == 1
        raise RuntimeError("in the background")

    with pytest.raises(RuntimeError):
        await connection().call(AccessLogMiddleware(working, logger))
    assert [record.outcome for record in records] == ["complete"]


@pytest.mark.anyio
async def test_an_exception_is_one_line_without_a_status_and_raised_on(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret\ndetail")

    with pytest.raises(RuntimeError):
        await connection().call(AccessLogMiddleware(failing, logger))
    (record,) = records
    assert (record.status, record.outcome, record.error, record.levelno) == (None, "failed", "RuntimeError", 40)
    assert "secret" not in record.getMessage()
    assert current_request_id.get() is None


@pytest.mark.anyio
async def test_a_500_that_was_reported_names_its_exception(connection: Any, logger: Any, records: list[Any]) -> None:
    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        scope["armillary"]["reported_exception"] = KeyError("x")
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})
        raise KeyError("x")

    with pytest.raises(KeyError):
        await connection().call(AccessLogMiddleware(guarded, logger))
    assert [(record.status, record.outcome, record.error) for record in records] == [(500, "failed", "KeyError")]


@pytest.mark.anyio
async def test_a_stream_that_breaks_is_failed_with_the_status_it_had(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    async def breaking(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        await connection().call(AccessLogMiddleware(breaking, logger))
    (record,) = records
    assert (record.status, record.outcome, record.error, record.response_bytes) == (200, "failed", "OSError", 4)


@pytest.mark.anyio
async def test_an_http_exception_handled_by_outer_middleware_is_no_failure(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    async def raising(scope: Any, receive: Any, send: Any) -> None:
        raise HTTPException(404)

    with pytest.raises(HTTPException):
        await connection().call(AccessLogMiddleware(raising, logger))
    assert [(record.status, record.outcome) for record in records] == [(404, "complete")]


async def disconnected_send(message: Any) -> None:
    raise OSError("the client disconnected")


async def unused() -> Any: ...


@pytest.mark.anyio
@pytest.mark.parametrize("raised", [None, ClientDisconnect])
async def test_a_disconnect_is_one_line(logger: Any, records: list[Any], raised: Any) -> None:
    async def leaving(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.disconnect"
        if raised is not None:
            raise raised

    async def disconnect() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    app = AccessLogMiddleware(leaving, logger)
    if raised is None:
        await app(scope, disconnect, disconnected_send)
    else:
        with pytest.raises(raised):
            await app(scope, disconnect, disconnected_send)
    (record,) = records
    assert (record.status, record.outcome, record.client, record.levelno) == (None, "disconnected", None, 20)
    assert '"GET /" None disconnected 0 bytes' in record.getMessage()


@pytest.mark.anyio
async def test_a_server_that_cannot_send_is_a_disconnect(logger: Any, records: list[Any]) -> None:
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 2:
            await disconnected_send(message)

    with pytest.raises(OSError, match="disconnected"):
        await AccessLogMiddleware(hello, logger)(
            {"type": "http", "method": "GET", "path": "/", "headers": []}, unused, send
        )
    assert [(record.status, record.outcome, record.response_bytes) for record in records] == [(200, "disconnected", 0)]


@pytest.mark.anyio
async def test_a_cancelled_request_is_one_line(logger: Any, records: list[Any]) -> None:
    import anyio

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01):
        await AccessLogMiddleware(slow, logger)(
            {"type": "http", "method": "GET", "path": "/", "headers": []}, unused, disconnected_send
        )
    assert [(record.status, record.outcome) for record in records] == [(None, "cancelled")]


@pytest.mark.anyio
async def test_trailers_end_a_response_that_announces_them(connection: Any, logger: Any, records: list[Any]) -> None:
    async def trailing(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "trailers": True})
        await send({"type": "http.response.body", "body": b"abc"})
        assert not records
        await send({"type": "http.response.trailers", "headers": []})

    await connection(extensions={"http.response.trailers": {}}).call(AccessLogMiddleware(trailing, logger))
    assert [(record.outcome, record.response_bytes) for record in records] == [("complete", 3)]


@pytest.mark.anyio
async def test_a_file_that_the_server_sends_is_counted(
    connection: Any, logger: Any, records: list[Any], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    sending = app_sending(START, {"type": "http.response.pathsend", "path": str(file)})
    await connection(extensions={"http.response.pathsend": {}}).call(AccessLogMiddleware(sending, logger))
    with file.open("rb") as opened:
        copying = app_sending(START, {"type": "http.response.zerocopysend", "file": opened, "count": 4})
        await connection(extensions={"http.response.zerocopysend": {}}).call(AccessLogMiddleware(copying, logger))
    assert [(record.outcome, record.response_bytes) for record in records] == [("complete", 5), ("complete", 4)]


@pytest.mark.anyio
async def test_levels(connection: Any, logger: Any, records: list[Any]) -> None:
    broken = app_sending({**START, "status": 503}, {"type": "http.response.body"})
    options = {"level": logging.DEBUG, "error_level": logging.CRITICAL}
    for app in (hello, broken):
        await connection().call(AccessLogMiddleware(app, logger, **options))
    assert [record.levelname for record in records] == ["CRITICAL"]


@pytest.mark.anyio
async def test_excluded_paths_have_no_line_and_still_an_id(connection: Any, logger: Any, records: list[Any]) -> None:
    app = AccessLogMiddleware(hello, logger, excluded_paths=["/health"])
    made = connection(path="/health")
    await made.call(app)
    assert len(made.fields(b"x-request-id")) == 1
    await connection(path="/health/").call(app)
    assert [record.path for record in records] == ["/health/"]
    for path in ("/probes/live", "/probes/../orders"):
        await connection(path=path).call(AccessLogMiddleware(hello, logger, excluded_paths=["/probes/*"]))
    assert [record.path for record in records] == ["/health/", "/probes/../orders"]


@pytest.mark.anyio
async def test_a_query_excludes_nothing(connection: Any, logger: Any, records: list[Any]) -> None:
    app = AccessLogMiddleware(hello, logger, excluded_paths=["/health"])
    await connection(path="/orders", query_string=b"next=/health").call(app)
    assert [record.path for record in records] == ["/orders"]


@pytest.mark.anyio
@pytest.mark.parametrize("messages", [[], [START], [START, {"type": "http.response.body", "more_body": True}]])
async def test_an_application_that_returns_without_a_whole_response_has_failed(
    connection: Any, logger: Any, records: list[Any], messages: list[Any]
) -> None:
    made = connection()
    await AccessLogMiddleware(app_sending(*messages), logger)(made.scope, made.receive, made.send)
    (record,) = records
    assert (record.status, record.outcome, record.levelno) == (200 if messages else None, "failed", logging.ERROR)
    assert record.request_id


@pytest.mark.anyio
async def test_a_handshake_without_a_response_has_failed(connection: Any, logger: Any, records: list[Any]) -> None:
    made = connection("websocket", (CONNECT,))
    await AccessLogMiddleware(app_sending(), logger)(made.scope, made.receive, made.send)
    assert [(record.status, record.outcome) for record in records] == [(None, "failed")]


@pytest.mark.anyio
async def test_an_id_that_the_application_sends_in_capitals_is_the_only_one(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    start = {**START, "headers": [(b"X-Request-ID", b"own")]}
    for make in (AccessLogMiddleware, RequestIDMiddleware):
        made = connection()
        await make(app_sending(start, {"type": "http.response.body"}))(made.scope, made.receive, made.send)
        assert made.sent.raw_headers == [(b"X-Request-ID", b"own")]


@pytest.mark.anyio
async def test_without_ids_of_our_own_those_of_others_are_logged(
    connection: Any, logger: Any, records: list[Any]
) -> None:
    app = AccessLogMiddleware(hello, logger, request_id_header=None)
    made = connection()
    await made.call(app)
    assert made.fields(b"x-request-id") == []
    await connection().call(RequestIDMiddleware(app, generate=lambda: "outer"))
    assert [record.request_id for record in records] == [None, "outer"]


@pytest.mark.anyio
async def test_the_programs_own_message(connection: Any, logger: Any, records: list[Any]) -> None:
    app = AccessLogMiddleware(hello, logger, message="%(method)s %(route)s %(status)d 100%%")
    await connection().call(app)
    assert records[0].getMessage() == "GET None 200 100%"


@pytest.mark.parametrize(
    "option",
    [{"level": "INFO"}, {"error_level": None}, {"level": True}, {"excluded_paths": [5]}, {"accept_request_id": "no"}],
)
def test_an_option_of_the_wrong_kind_is_rejected_at_construction(logger: Any, option: Any) -> None:
    with pytest.raises(TypeError, match=next(iter(option)).removesuffix("_request_id")):
        AccessLogMiddleware(lambda *args: None, logger, **option)  # type: ignore[arg-type, return-value]


def test_bad_configuration_is_rejected_at_construction(logger: Any) -> None:
    with pytest.raises(ValueError, match=r"message cannot be filled in .*request_id"):
        AccessLogMiddleware(hello, logger, message="%(nothing)s")
    with pytest.raises(ValueError, match="message cannot be filled in"):
        AccessLogMiddleware(hello, logger, message="100% %(path)s")
    with pytest.raises(TypeError, match=r"excluded_paths is a list of paths; write \['/health'\]"):
        AccessLogMiddleware(hello, logger, excluded_paths="/health")
    with pytest.raises(TypeError, match="logger must be"):
        AccessLogMiddleware(hello, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\x1b[2J", "\x7f", "\x85", "\u2028", "\ud800"], ids=ascii)
def test_a_text_that_would_break_the_line_is_rejected_where_it_is_given(bad: str) -> None:
    with pytest.raises(ValueError, match=r"^logger may not contain line breaks"):
        AccessLogMiddleware(hello, f"access{bad}")
    with pytest.raises(ValueError, match=r"^logger may not contain line breaks"):
        AccessLogMiddleware(hello, logging.Logger(f"access{bad}"))
    with pytest.raises(ValueError, match=r"^message may not contain line breaks") as caught:
        AccessLogMiddleware(hello, message=f"%(path)s{bad}")
    assert str(caught.value).isprintable()


def test_a_message_may_have_tabs_and_letters_of_any_language() -> None:
    AccessLogMiddleware(hello, "zugriff.größe", message="Größe\t%(response_bytes)s\t%(path)s")


@pytest.mark.anyio
async def test_other_scopes_pass_through_untouched(logger: Any, records: list[Any]) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([scope, receive, send])

    scope = {"type": "lifespan"}
    await AccessLogMiddleware(app, logger)(scope, unused, disconnected_send)
    assert seen == [{"type": "lifespan"}, unused, disconnected_send]
    assert not records


ACCEPT = {"type": "websocket.accept"}
CONNECT = {"type": "websocket.connect"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("messages", "received", "expected"),
    [
        (
            [ACCEPT, {"type": "websocket.send", "text": "né"}, {"type": "websocket.close"}],
            [],
            (101, "complete", 1000, 3),
        ),
        ([ACCEPT, {"type": "websocket.send", "bytes": b"12"}], [1001], (101, "complete", 1001, 2)),
        ([ACCEPT], [1006], (101, "disconnected", 1006, 0)),
        ([ACCEPT], [], (101, "disconnected", None, 0)),
        ([{"type": "websocket.close", "code": 1008}], [], (403, "complete", None, 0)),
    ],
)
async def test_a_websocket_is_one_line(
    connection: Any, logger: Any, records: list[Any], messages: Any, received: Any, expected: Any
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            await send(message)
        for _ in received:
            await receive()

    events = (CONNECT, *({"type": "websocket.disconnect", "code": code} for code in received))
    made = connection("websocket", events, headers=[(b"x-request-id", b"a1")])
    await AccessLogMiddleware(app, logger)(made.scope, made.receive, made.send)
    (record,) = records
    assert (record.status, record.outcome, record.close_code, record.response_bytes) == expected
    assert (record.method, record.request_id) == ("WEBSOCKET", "a1")


@pytest.mark.anyio
async def test_a_rejected_handshake_is_one_line(connection: Any, logger: Any, records: list[Any]) -> None:
    async def denying(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"who?"})

    made = connection("websocket", (CONNECT,), extensions={"websocket.http.response": {}})
    await made.call(AccessLogMiddleware(denying, logger))
    (record,) = records
    assert (record.status, record.outcome, record.response_bytes) == (401, "complete", 4)
    assert len(made.fields(b"x-request-id")) == 1


@pytest.mark.anyio
async def test_a_websocket_whose_application_fails(connection: Any, logger: Any, records: list[Any]) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await connection("websocket", (CONNECT,)).call(AccessLogMiddleware(failing, logger))
    assert [(record.status, record.outcome, record.error) for record in records] == [(101, "failed", "RuntimeError")]


def test_importing_it_loads_no_third_party_and_no_event_loop() -> None:
    program = (
        "import sys; import armillary.logging;"
        "print(sorted({n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names) - {'armillary'}));"
        "print('asyncio' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False)
    if found.returncode:  # The packages are found through site alone.
        found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    foreign = [name for name in eval(found.stdout.splitlines()[0]) if not name.startswith(("_", "sitecustomize"))]
    assert foreign == []
    assert found.stdout.splitlines()[1] == "False"
