"""`TrustedHostPolicy` and `TrustedHostMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ASGIApp
from armillary.security import TrustedHostMiddleware, TrustedHostPolicy


@pytest.mark.parametrize(
    ("host", "decision"),
    [
        (b"example.com", "allow"),
        (b"EXAMPLE.com:8000", "allow"),
        (b"api.example.org", "allow"),
        (b"a.b.example.org", "allow"),
        (b"example.org", "reject"),
        (b"evilexample.org", "reject"),
        (b"example.com.evil", "reject"),
        (b"example.com@evil", "reject"),
        (b"example.com/evil", "reject"),
        (b"example.com:", "reject"),
        (b"example.com:x", "reject"),
        (b"shop.test", "redirect"),
        (b"shop.test:0", "reject"),
        (b"shop.test:99999", "reject"),
        (b"www.shop.test", "allow"),
        (b"[::1]:8000", "allow"),
        (b"[::2]", "reject"),
        (b"", "reject"),
    ],
)
def test_only_the_names_listed_are_allowed(host: bytes, decision: str) -> None:
    policy = TrustedHostPolicy(["example.com", "*.example.org", "www.shop.test", "[::1]"])
    assert policy.decide([host]) == decision


def test_a_missing_or_repeated_host_is_rejected() -> None:
    policy = TrustedHostPolicy(["example.com"])
    assert policy.decide([]) == "reject"
    assert policy.decide([b"example.com", b"example.com"]) == "reject"


def test_the_www_redirect_can_be_switched_off() -> None:
    assert TrustedHostPolicy(["www.shop.test"], www_redirect=False).decide([b"shop.test"]) == "reject"


@given(st.binary(max_size=40))
def test_nothing_but_an_allowed_name_with_a_port_is_ever_allowed(host: bytes) -> None:
    if TrustedHostPolicy(["example.com"]).decide([host]) == "allow":
        name, _, port = host.partition(b":")
        assert name.lower() == b"example.com"
        assert not port or port.isdigit()
        assert not host.endswith(b":")


@pytest.mark.parametrize(
    ("hosts", "error", "sentence"),
    [
        ("example.com", TypeError, "write ['example.com']"),
        (["api.*.com"], ValueError, "wildcard inside"),
        (["https://example.com"], ValueError, "not a host name"),
        (["example.com:80"], ValueError, "without scheme, port and path"),
    ],
)
def test_a_wrong_list_is_rejected_at_construction(hosts: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        TrustedHostMiddleware(lambda *args: None, hosts)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)


@pytest.mark.anyio
async def test_a_foreign_host_gets_a_400_and_never_reaches_the_application(call: Any) -> None:
    async def unreachable(*args: Any) -> None:
        raise AssertionError("the application was called")

    response = await call(TrustedHostMiddleware(unreachable, ["example.com"]), headers={"host": "evil.test"})
    assert (response.status, response.sentence) == (400, "Invalid host header")


@pytest.mark.anyio
async def test_a_bare_domain_is_redirected_with_path_and_query(call: Any, ok: ASGIApp) -> None:
    app = TrustedHostMiddleware(ok, ["www.shop.test"])
    response = await call(app, path="/a", headers={"host": "shop.test:8000"}, query_string=b"b=c")
    assert response.status == 307
    assert response.headers["location"] == "http://www.shop.test:8000/a?b=c"


@pytest.mark.anyio
async def test_a_websocket_for_a_foreign_host_is_rejected_before_accept() -> None:
    async def unreachable(*args: Any) -> None:
        raise AssertionError("the application was called")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"host", b"evil.test")]}
    await TrustedHostMiddleware(unreachable, ["example.com"])(scope, unreachable, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    with_extension = {**scope, "extensions": {"websocket.http.response": {}}}
    sent.clear()
    await TrustedHostMiddleware(unreachable, ["example.com"])(with_extension, unreachable, send)
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 400)


@pytest.mark.anyio
async def test_a_lifespan_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await TrustedHostMiddleware(app, ["example.com"])({"type": "lifespan"}, app, app)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["example.com:65536", "example.com:99999999"])
async def test_a_port_that_no_server_has_is_rejected_and_never_redirected(call: Any, ok: Any, host: str) -> None:
    response = await call(TrustedHostMiddleware(ok, ["www.example.com"]), headers={"host": host})
    assert response.status == 400
    assert "location" not in response.headers


def test_a_policy_without_a_largest_port_allows_any() -> None:
    class AnyPort(TrustedHostPolicy):
        max_port = None

    assert AnyPort(["example.com"]).decide([b"example.com:65536"]) == "allow"
    assert TrustedHostPolicy(["example.com"]).decide([b"example.com:65536"]) == "reject"
