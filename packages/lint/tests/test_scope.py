"""Scopes of every shape that servers must not give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.lint import LintError, lint

EMPTY_RESPONSE = ({"type": "http.response.start", "status": 204}, {"type": "http.response.body"})


def test_a_sound_scope_passes(drive: SimpleNamespace) -> None:
    assert drive.http(*EMPTY_RESPONSE) == list(EMPTY_RESPONSE)


def test_optional_keys_may_be_absent(drive: SimpleNamespace) -> None:
    scope = drive.http_scope()
    for key in ("http_version", "scheme", "raw_path", "root_path", "client", "server", "extensions", "state"):
        del scope[key]
    assert drive.http(*EMPTY_RESPONSE, scope=scope) == list(EMPTY_RESPONSE)


@pytest.mark.parametrize("key", ["asgi", "method", "path", "query_string", "headers"])
def test_a_missing_key_is_named(drive: SimpleNamespace, key: str) -> None:
    scope = drive.http_scope()
    del scope[key]
    with pytest.raises(LintError, match=f"{key!r}"):
        drive.http(*EMPTY_RESPONSE, scope=scope)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"asgi": "3.0"}, "'asgi' is str; it must be a dict"),
        ({"asgi": {}}, "'version' is missing"),
        ({"asgi": {"version": "4.0"}}, "the ASGI version is '4.0'"),
        ({"asgi": {"version": "3.0", "spec_version": 2.4}}, "'spec_version' is float"),
        ({"http_version": "HTTP/1.1"}, "'http_version' is 'HTTP/1.1'; it must be one of 1.0, 1.1, 2, 3"),
        ({"method": b"GET"}, "'method' is bytes; it must be a str"),
        ({"method": "get"}, "the method 'get' is not in upper case"),
        ({"scheme": ""}, "'scheme' is empty"),
        ({"path": b"/"}, "'path' is bytes; it must be a str"),
        ({"raw_path": "/"}, "'raw_path' is str"),
        ({"raw_path": b"/?a=1"}, "'raw_path' holds the query string"),
        ({"query_string": "a=1"}, "'query_string' is str; it must be a bytes object"),
        ({"root_path": None}, "'root_path' is None; it must be a str"),
        ({"headers": None}, "'headers' is NoneType|'headers' is None"),
        ({"headers": {b"host": b"x"}}, "'headers' is dict"),
        ({"headers": [(b"host",)]}, "is not a pair"),
        ({"headers": [("host", b"x")]}, "the header name 'host' is str"),
        ({"headers": [(b"Host", b"x")]}, "has upper-case letters; send b'host'"),
        ({"headers": [(b"", b"x")]}, "empty name"),
        ({"headers": [(b":path", b"x")]}, "is a pseudo-header"),
        ({"headers": [(b"a b", b"x")]}, "holds b' '"),
        ({"headers": [(b"host", "x")]}, "the value of header b'host' is str"),
        ({"headers": [(b"host", b"x\r\ny: z")]}, "holds CR"),
        ({"headers": [(b"host", b"x\ny")]}, "holds LF"),
        ({"headers": [(b"host", b"x\0")]}, "holds NUL"),
        ({"client": "127.0.0.1"}, r"'client' is '127.0.0.1'; it must be a pair"),
        ({"client": ("127.0.0.1", "80")}, "the port an int"),
        ({"client": ("127.0.0.1", None)}, "the port an int"),
        ({"server": (None, 80)}, "the host must be a str"),
        ({"state": []}, "'state' is list"),
        ({"extensions": []}, "'extensions' is list"),
        ({"extensions": {"tls": True}}, "the extension 'tls' is bool"),
        ({"extensions": {"tls": {"tls_version": "1.3"}}}, "'tls_version' is str"),
        ({"type": None}, "'type' is None"),
    ],
)
def test_a_wrong_value_is_named(drive: SimpleNamespace, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.http(*EMPTY_RESPONSE, scope=drive.http_scope(**changes))


@pytest.mark.parametrize("changes", [{"server": ("/run/app.sock", None)}, {"client": None}, {"extensions": None}])
def test_other_sound_values_pass(drive: SimpleNamespace, changes: dict[str, Any]) -> None:
    drive.http(*EMPTY_RESPONSE, scope=drive.http_scope(**changes))


def test_a_scope_that_is_no_dict_is_rejected() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(LintError, match="it is list"):
        anyio.run(lint(app), [], None, None)


def test_websocket_subprotocols_are_text(drive: SimpleNamespace) -> None:
    with pytest.raises(LintError, match="the subprotocol b'chat' is bytes"):
        drive.app(drive.websocket_scope(subprotocols=[b"chat"]), ({"type": "websocket.close"},))


def test_a_scope_of_an_unknown_type_is_left_alone() -> None:
    calls: list[tuple[Any, ...]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        calls.append((scope, receive, send))

    scope = {"type": "sip"}
    anyio.run(lint(app), scope, "receive", "send")
    assert calls == [(scope, "receive", "send")]
    assert calls[0][0] is scope


def test_the_application_gets_the_callers_own_scope() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
    anyio.run(lint(app), scope, None, None)
    assert seen[0] is scope


@pytest.mark.parametrize(
    ("key", "value"), [("path", "/other"), ("method", "POST"), ("root_path", "/api"), ("headers", []), ("type", "x")]
)
def test_a_changed_key_of_the_callers_scope_is_named(drive: SimpleNamespace, key: str, value: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope[key] = value
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    with pytest.raises(LintError, match=f"changed '{key}' in the caller's scope .* copy the scope first"):
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_a_header_list_changed_in_place_is_named(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"].append((b"x-added", b"1"))
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    with pytest.raises(LintError, match="changed 'headers'"):
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_a_removed_key_is_named(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope["client"]
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    with pytest.raises(LintError, match="removed 'client'"):
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_keys_may_be_added_and_state_filled(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = app
        scope["state"]["database"] = object()
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_state_may_not_be_replaced(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {}
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    with pytest.raises(LintError, match="replaced 'state'"):
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_a_one_shot_header_iterable_of_a_scope_is_not_consumed(drive: SimpleNamespace) -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])
        for message in EMPTY_RESPONSE:
            await send(message)

    peer = drive.Peer()
    anyio.run(lint(app), drive.http_scope(headers=iter([(b"host", b"x")])), peer.receive, peer.send)
    assert seen == [(b"host", b"x")]


def test_only_callables_are_wrapped() -> None:
    with pytest.raises(TypeError, match="takes an ASGI application as 'app'"):
        lint(None)  # type: ignore[arg-type]
