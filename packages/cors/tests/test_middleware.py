"""`CORSMiddleware` around an ASGI application."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.cors import CORSMiddleware
from armillary.lint import lint

pytestmark = pytest.mark.anyio


def responding(*headers: tuple[bytes, bytes]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    return app


def fields(messages: list[Any], name: bytes) -> list[bytes]:
    return [value for key, value in messages[0]["headers"] if key == name]


async def test_a_page_of_an_allowed_origin_may_read_the_response(call: Any) -> None:
    app = CORSMiddleware(responding(), ["https://a.test"], expose_headers=["X-Total"])
    messages = await call(app, headers=[(b"origin", b"https://a.test")])
    assert fields(messages, b"access-control-allow-origin") == [b"https://a.test"]
    assert fields(messages, b"access-control-expose-headers") == [b"X-Total"]
    assert fields(messages, b"vary") == [b"Origin"]
    assert [message.get("body") for message in messages[1:]] == [b"a", b"b"]


@pytest.mark.parametrize("origin", [None, b"https://evil.test"])
async def test_any_other_response_says_vary_and_nothing_more(call: Any, origin: bytes | None) -> None:
    headers = [] if origin is None else [(b"origin", origin)]
    messages = await call(CORSMiddleware(responding(), ["https://a.test"]), headers=headers)
    assert messages[0]["headers"] == [(b"vary", b"Origin")]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([(b"vary", b"Accept")], [b"Accept, Origin"]),
        ([(b"vary", b"Accept"), (b"vary", b"Cookie")], [b"Accept, Cookie, Origin"]),
        ([(b"vary", b"Accept"), (b"vary", b"origin")], [b"Accept, origin"]),
        ([(b"vary", b"ORIGIN")], [b"ORIGIN"]),
        ([(b"vary", b"X-Origin")], [b"X-Origin, Origin"]),
        ([(b"vary", b"*")], [b"*"]),
    ],
)
async def test_vary_names_the_origin_once(call: Any, own: Any, expected: list[bytes]) -> None:
    app = CORSMiddleware(responding(*own), ["https://a.test"])
    for headers in ([], [(b"origin", b"https://a.test")]):
        assert fields(await call(app, headers=headers), b"vary") == expected


async def test_fields_that_the_application_set_itself_are_replaced(call: Any) -> None:
    app = CORSMiddleware(responding((b"access-control-allow-origin", b"*")), ["https://a.test"])
    messages = await call(app, headers=[(b"origin", b"https://a.test")])
    assert fields(messages, b"access-control-allow-origin") == [b"https://a.test"]


async def test_a_message_that_the_application_uses_again_is_not_changed(call: Any) -> None:
    start = {"type": "http.response.start", "status": 204, "headers": []}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body"})

    await call(CORSMiddleware(app, ["https://a.test"]))
    assert start["headers"] == []


async def test_a_preflight_does_not_reach_the_application(call: Any) -> None:
    async def unreachable(*args: Any) -> None:
        raise AssertionError("the application was called")

    app = CORSMiddleware(unreachable, ["https://a.test"])
    asked = [(b"origin", b"https://a.test"), (b"access-control-request-method", b"GET")]
    messages = await call(app, method="OPTIONS", headers=asked)
    assert (messages[0]["status"], messages[1]["body"]) == (200, b"OK")
    rejected = await call(app, method="OPTIONS", headers=[asked[0], (b"access-control-request-method", b"PUT")])
    assert (rejected[0]["status"], rejected[1]["body"]) == (400, b"Disallowed CORS method")


async def test_an_options_request_that_is_no_preflight_reaches_the_application(call: Any) -> None:
    app = CORSMiddleware(responding(), ["https://a.test"])
    messages = await call(app, method="OPTIONS", headers=[(b"origin", b"https://a.test")])
    assert messages[1]["body"] == b"a"


async def handshake(app: Any, origin: bytes | None, **scope: Any) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    headers = [] if origin is None else [(b"origin", origin)]
    full_scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "subprotocols": [],
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
        **scope,
    }
    await lint(app)(full_scope, receive, send)
    return sent


async def test_handshakes_are_checked_if_configured() -> None:
    async def accepting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    checked = CORSMiddleware(accepting, ["https://a.test"], check_websockets=True)
    assert (await handshake(checked, b"https://a.test"))[0]["type"] == "websocket.accept"
    assert (await handshake(checked, None))[0]["type"] == "websocket.accept"
    assert (await handshake(checked, b"https://evil.test"))[0]["type"] == "websocket.close"
    rejected = await handshake(checked, b"https://evil.test", extensions={"websocket.http.response": {}})
    assert (rejected[0]["type"], rejected[0]["status"]) == ("websocket.http.response.start", 403)
    unchecked = CORSMiddleware(accepting, ["https://a.test"])
    assert (await handshake(unchecked, b"https://evil.test"))[0]["type"] == "websocket.accept"


async def test_a_handshake_that_names_two_origins_needs_both_allowed() -> None:
    app = CORSMiddleware(lambda *args: None, ["https://a.test"], check_websockets=True)  # type: ignore[arg-type, return-value]
    both = [(b"origin", b"https://a.test"), (b"origin", b"https://evil.test")]
    assert (await handshake(app, None, headers=both))[0]["type"] == "websocket.close"


VARIES = st.sampled_from([b"Origin", b"origin", b"Accept", b"Cookie, ORIGIN", b"*", b"", b"X-Origin"])
NAMES = st.sampled_from([b"access-control-allow-origin", b"access-control-allow-credentials", b"x-a"])
HEADERS = st.lists(st.tuples(st.just(b"vary"), VARIES) | st.tuples(NAMES, st.sampled_from([b"*", b"true"])), max_size=5)


@given(
    headers=HEADERS,
    origin=st.none() | st.sampled_from([b"https://a.test", b"https://evil.test", b"null", b"", b"https://a.test:1"]),
    method=st.sampled_from(["GET", "POST", "OPTIONS"]),
    credentials=st.booleans(),
)
def test_every_response_varies_and_names_only_the_allowed_origin(
    headers: list[tuple[bytes, bytes]], origin: bytes | None, method: str, credentials: bool
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app: Any = CORSMiddleware(responding(*headers), ["https://a.test"], allow_credentials=credentials)
    asked = [] if origin is None else [(b"origin", origin)]
    with pytest.raises(StopIteration):  # nothing in it waits for anything
        app({"type": "http", "method": method, "headers": asked}, None, send).send(None)
    varied = [item.strip().lower() for value in fields(sent, b"vary") for item in value.split(b",")]
    assert b"*" in varied or b"origin" in varied
    if origin == b"https://a.test":
        assert fields(sent, b"access-control-allow-origin") == [b"https://a.test"]
        if credentials:
            assert fields(sent, b"access-control-allow-credentials") == [b"true"]
    else:
        own = [value for name, value in headers if name == b"access-control-allow-origin"]
        assert fields(sent, b"access-control-allow-origin") == own


async def test_a_lifespan_passes_through() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(send)

    await CORSMiddleware(app, ["https://a.test"], check_websockets=True)({"type": "lifespan"}, app, app)  # type: ignore[arg-type]
    assert seen == [app]


def test_importing_it_loads_no_third_party_and_no_event_loop() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "import armillary.cors\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    third_parties = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"armillary"}
    assert third_parties == set()
    assert "asyncio" not in done.stdout.split()


@pytest.mark.parametrize("origin", [[], [(b"origin", b"https://a.test")]])
async def test_capitals_in_the_names_of_headers_change_nothing(origin: Any) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    own = [(b"Vary", b"Cookie"), (b"VARY", b"origin"), (b"Access-Control-Allow-Origin", b"*")]
    app = CORSMiddleware(responding(*own), ["https://a.test"])
    scope = {"type": "http", "method": "GET", "path": "/", "headers": origin}
    await app(scope, None, send)  # type: ignore[arg-type]
    assert fields(sent, b"vary") == [b"Cookie, origin"]
    assert fields(sent, b"access-control-allow-origin") == ([b"https://a.test"] if origin else [b"*"])
    assert all(name.islower() for name, _ in sent[0]["headers"])
