"""`OriginPolicy`: which web pages may open a WebSocket."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.exchange import OriginPolicy, check_origin, has_session_or_user, is_origin_checked


def scope_with(
    origin: str | None, *, host: str = "app.example.com", scheme: str = "wss", cookie: bool = True
) -> dict[str, Any]:
    headers = [(b"host", host.encode("latin-1"))]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    if cookie:
        headers.append((b"cookie", b"session=x"))
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("https://app.example.com", "app.example.com", "wss"),
        ("https://app.example.com", "app.example.com:443", "wss"),
        ("https://app.example.com:443", "app.example.com", "wss"),
        ("HTTPS://App.Example.COM", "app.example.com", "wss"),
        ("https://app.example.com", "APP.example.com", "wss"),
        ("http://app.example.com", "app.example.com", "ws"),
        ("http://localhost:8000", "localhost:8000", "ws"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
        ("https://app.example.com", "app.example.com", "ws"),
        ("https://app.example.com", "app.example.com", "https"),
    ],
)
def test_the_servers_own_origin_is_allowed(origin: str, host: str, scheme: str) -> None:
    assert OriginPolicy().allows(scope_with(origin, host=host, scheme=scheme))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "null",
        "NULL",
        "",
        "*",
        "app.example.com",
        "//app.example.com",
        "http://app.example.com",
        "wss://app.example.com",
        "file://",
        "https://",
        "https://app.example.com.evil.test",
        "https://evilapp.example.com",
        "https://app.example.com:8443",
        "https://app.example.com:",
        "https://app.example.com:0",
        "https://app.example.com:99999",
        "https://app.example.com:४४३",
        "https://app-example.com",
        "https://appxexample.com",
        "https://user@app.example.com",
        "https://app.example.com@evil.test",
        "https://app.example.com/",
        "https://app.example.com#",
        "https://app.example.com?",
        "https://app.example.com, https://evil.test",
        "https://app.example.com https://evil.test",
        "https://app.example.com\\.evil.test",
        "https://app.example.com\0",
        " https://app.example.com",
        "https://example.com",
        "https://x.app.example.com",
        "https://[::1",
        "https://[::1]x",
        "https://[::1]:",
    ],
)
def test_every_other_origin_is_rejected(origin: str) -> None:
    scope = scope_with(None)
    scope["headers"].append((b"origin", origin.encode("utf-8")))
    assert not OriginPolicy().allows(scope)
    assert not OriginPolicy(["https://other.example.com", "https://*.other.example.com"]).allows(scope)


def test_a_handshake_without_credentials_is_not_checked_by_default() -> None:
    scope = scope_with("https://evil.test", cookie=False)
    assert OriginPolicy().allows(scope)
    assert not OriginPolicy(check="always").allows(scope)
    scope["headers"].append((b"authorization", b"Basic x"))
    assert not OriginPolicy().allows(scope)


def test_the_policy_can_be_switched_off() -> None:
    scope = scope_with("https://evil.test")
    assert OriginPolicy(check="never").allows(scope)
    assert OriginPolicy(["*"]).allows(scope)


def test_a_client_without_an_origin_is_no_browser() -> None:
    assert OriginPolicy().allows(scope_with(None))
    assert not OriginPolicy(require_origin=True).allows(scope_with(None))


def test_repeated_origins_or_hosts_are_rejected() -> None:
    scope = scope_with("https://app.example.com")
    scope["headers"].append((b"origin", b"https://app.example.com"))
    assert not OriginPolicy().allows(scope)
    scope = scope_with("https://app.example.com")
    scope["headers"].append((b"host", b"app.example.com"))
    assert not OriginPolicy().allows(scope)
    assert not OriginPolicy().allows({"type": "websocket", "headers": scope["headers"][1:3]})


@pytest.mark.parametrize("host", ["", "a b", "app.example.com:x", "app.example.com/", "[::1", "x@app.example.com"])
def test_a_malformed_host_has_no_origin(host: str) -> None:
    assert not OriginPolicy().allows(scope_with(f"https://{host}", host=host))


def test_the_allow_list_is_exact() -> None:
    policy = OriginPolicy(["https://a.example.com", "http://localhost:3000"])
    assert policy.allows(scope_with("https://a.example.com"))
    assert policy.allows(scope_with("https://a.example.com:443"))
    assert policy.allows(scope_with("http://localhost:3000"))
    for origin in ("http://a.example.com", "http://localhost", "http://localhost:3001", "https://aa.example.com"):
        assert not policy.allows(scope_with(origin))


def test_a_wildcard_matches_whole_labels_below() -> None:
    policy = OriginPolicy(["https://*.example.com", "http://*.dev.test:8080"])
    for origin in ("https://a.example.com", "https://a.b.example.com", "http://x.dev.test:8080"):
        assert policy.allows(scope_with(origin, host="other.test"))
    for origin in (
        "https://example.com",
        "https://evilexample.com",
        "http://a.example.com",
        "https://a.example.com:8443",
        "https://a.example.com.evil.test",
        "http://x.dev.test",
    ):
        assert not policy.allows(scope_with(origin, host="other.test"))


def test_null_is_allowed_only_when_listed() -> None:
    assert OriginPolicy(["null"]).allows(scope_with("null"))


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "example.com",
        "https://example.com/",
        "https://example.com/path",
        "https://user@example.com",
        "https://*",
        "https://*.",
        "https://a.*.com",
        "*.example.com",
        "https://example.com:port",
    ],
)
def test_an_entry_that_is_no_origin_is_rejected(entry: str) -> None:
    with pytest.raises(ValueError, match="allow_origins such as"):
        OriginPolicy([entry])


def test_a_string_for_a_list_is_rejected() -> None:
    with pytest.raises(TypeError, match="list of origins"):
        OriginPolicy("https://example.com")


def test_an_unknown_check_is_rejected() -> None:
    with pytest.raises(ValueError, match="'cookies', 'session', 'always' or 'never'"):
        OriginPolicy(check="sometimes")  # type: ignore[arg-type]


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["ws", "wss", "http", ""]))
def test_whatever_is_sent_the_policy_decides(origin: bytes, host: bytes, scheme: str) -> None:
    headers = [(b"cookie", b"x"), (b"origin", origin), (b"host", host)]
    allowed = OriginPolicy(["https://*.example.com"]).allows(
        {"type": "websocket", "scheme": scheme, "headers": headers}
    )
    if allowed:
        assert origin.lower().startswith((b"http://", b"https://"))


@given(st.from_regex(r"https://[a-z0-9.-]{0,20}example\.com[a-z0-9.:/@-]{0,20}", fullmatch=True))
def test_only_names_below_the_wildcard_pass(origin: str) -> None:
    if OriginPolicy(["https://*.example.com"]).allows(scope_with(origin, host="other.test")):
        assert origin.removesuffix(":443").endswith(".example.com")


def test_an_origin_longer_than_a_name_can_be_is_rejected() -> None:
    policy = OriginPolicy(["https://*.example.com"])
    assert policy.allows(scope_with(f"https://{'a.' * 120}example.com"))
    assert not policy.allows(scope_with(f"https://{'a.' * 150}example.com"))


@pytest.mark.parametrize("host", ["internal:8000", "127.0.0.1:8000"])
def test_the_name_that_a_trusted_proxy_reports_is_the_servers_own(host: str) -> None:
    scope = scope_with("https://app.example.com", host=host, scheme="ws")
    scope["headers"].append((b"x-forwarded-host", b"app.example.com"))
    assert not OriginPolicy().allows(scope)
    scope["armillary"] = {"forwarded_host": "app.example.com"}
    assert OriginPolicy().allows(scope)
    scope["headers"][1] = (b"origin", b"https://evil.test")
    assert not OriginPolicy().allows(scope)


class User:
    def __init__(self, is_authenticated: bool) -> None:
        self.is_authenticated = is_authenticated


class ToolkitSession(dict[str, Any]):
    """A session whose length is an access, as those of armillary.sessions."""

    @property
    def is_empty(self) -> bool:
        return super().__len__() == 0

    def __len__(self) -> int:
        raise AssertionError("accessed")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, False),
        ({"session": {}}, False),
        ({"session": {"a": 1}}, True),
        ({"session": ToolkitSession()}, False),
        ({"session": ToolkitSession(a=1)}, True),
        ({"armillary": {"session": ToolkitSession(a=1)}}, True),
        ({"session": None}, False),
        ({"user": None}, False),
        ({"user": User(False)}, False),
        ({"user": User(True)}, True),
        ({"user": "ada"}, True),
        ({"session": {}, "user": User(True)}, True),
    ],
)
def test_a_handshake_with_a_session_or_user_is_checked(keys: dict[str, Any], expected: bool) -> None:
    scope = {**scope_with("https://evil.test"), **keys}
    assert has_session_or_user(scope) is expected
    assert OriginPolicy(check="session").allows(scope) is not expected
    assert OriginPolicy(["https://evil.test"], check="session").allows(scope)
    assert OriginPolicy(check="session").allows({**scope_with(None), **keys})
    assert OriginPolicy(check="session").allows({**scope_with("https://app.example.com"), **keys})


def test_an_allowed_handshake_is_recorded_as_checked() -> None:
    scope = scope_with("https://app.example.com")
    assert not is_origin_checked(scope)
    assert check_origin(scope, OriginPolicy())
    assert is_origin_checked(dict(scope))


def test_a_rejection_is_logged_with_its_fix(caplog: pytest.LogCaptureFixture) -> None:
    scope = scope_with("https://evil.test\r\nfaked: line" + "x" * 9000, host="127.0.0.1:8000")
    with caplog.at_level(logging.WARNING, "armillary.websockets"):
        assert not check_origin(scope, OriginPolicy(), "trusted_origins")
        assert check_origin(scope_with("https://app.example.com"), OriginPolicy())
    assert not is_origin_checked(scope)
    (record,) = caplog.records
    message = record.getMessage()
    assert "trusted_origins=['https://evil.test" in message
    assert "asked for as '127.0.0.1:8000'" in message
    assert "proxy_set_header Host $host;" in message
    assert "\n" not in message
    assert "\r" not in message
    assert len(message) < 1000
