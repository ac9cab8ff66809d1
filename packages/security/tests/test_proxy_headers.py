"""`ProxyPolicy` and `ProxyHeadersMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest
import testkit
from hypothesis import given, strategies as st

from armillary.datastructures import Headers
from armillary.exchange import OriginPolicy
from armillary.security import ProxyHeadersMiddleware
from armillary.security._proxy_policy import ProxyPolicy

TRUSTED = ["192.0.2.1", "10.0.0.0/8"]


async def see(call: Any, headers: dict[str, str], trusted: Any = TRUSTED, **options: Any) -> tuple[Any, Any, Any]:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await call(ProxyHeadersMiddleware(app, trusted, **options), headers=headers)
    return seen["client"] and seen["client"][0], seen["scheme"], dict(seen["headers"]).get(b"host")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("evil, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.1.1.1, 10.1.2.3", "10.1.1.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.9, evil, 10.1.2.3", None),
        ("evil", None),
        ("203.0.113.9, unknown", None),
        (",,", "192.0.2.1"),
        ("203.0.113.9:4711, 10.1.2.3:80", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("203.0.113.9, ::ffff:10.1.2.3", "203.0.113.9"),
        ("", "192.0.2.1"),
    ],
)
async def test_the_client_is_the_nearest_address_that_is_not_a_trusted_proxy(
    call: Any, addresses: str, client: str | None
) -> None:
    assert (await see(call, {"x-forwarded-for": addresses}))[0] == client


@pytest.mark.anyio
async def test_headers_of_an_untrusted_peer_change_nothing(call: Any) -> None:
    headers = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https", "x-forwarded-host": "evil.test"}
    assert await see(call, headers, ["127.0.0.1"], trust_host=True) == ("192.0.2.1", "http", b"example.com")


@pytest.mark.anyio
async def test_a_peer_on_a_dual_stack_socket_is_known_by_its_ipv4_address(call: Any) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    forwarded = {"x-forwarded-for": "203.0.113.9"}
    await call(ProxyHeadersMiddleware(app, ["10.0.0.0/8"]), headers=forwarded, client=("::ffff:10.0.0.1", 1))
    await call(ProxyHeadersMiddleware(app, ["10.0.0.0/8"]), headers=forwarded, client=("::ffff:11.0.0.1", 1))
    assert [client[0] for client in seen] == ["203.0.113.9", "::ffff:11.0.0.1"]


@pytest.mark.anyio
@pytest.mark.parametrize(("trusted", "client"), [(["*"], ("203.0.113.9", 0)), (["127.0.0.1"], None)])
async def test_a_peer_without_an_address_is_trusted_only_if_every_peer_is(call: Any, trusted: Any, client: Any) -> None:
    """As over a Unix socket, on which only the proxy can be."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await call(ProxyHeadersMiddleware(app, trusted), headers={"x-forwarded-for": "203.0.113.9"}, client=None)
    assert seen == [client]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("http, HTTPS", "https"), ("javascript", "http"), ("wss", "https"), ("ws", "http")],
)
async def test_the_scheme_is_that_of_the_nearest_proxy(call: Any, proto: str, scheme: str) -> None:
    assert (await see(call, {"x-forwarded-proto": proto}))[1] == scheme


@pytest.mark.anyio
async def test_the_host_is_taken_only_if_configured(call: Any) -> None:
    headers = {"x-forwarded-host": "shop.test"}
    assert (await see(call, headers))[2] == b"example.com"
    assert (await see(call, headers, trust_host=True))[2] == b"shop.test"
    assert (await see(call, {"x-forwarded-host": "a/b"}, trust_host=True))[2] == b"example.com"


@pytest.mark.anyio
async def test_only_the_configured_convention_is_read(call: Any) -> None:
    headers = {"forwarded": 'for="[2001:db8::9]:4711";proto=https', "x-forwarded-for": "1.1.1.1"}
    assert (await see(call, headers))[:2] == ("1.1.1.1", "http")
    assert (await see(call, headers, convention="forwarded"))[:2] == ("2001:db8::9", "https")


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["for", 'for="1', "for=unknown", "for=_hidden", "proto=https", "for=1.1.1.1, for=_x"])
async def test_a_client_that_is_hidden_or_cannot_be_read_is_unknown_and_not_the_proxy(call: Any, value: str) -> None:
    assert (await see(call, {"forwarded": value}, convention="forwarded"))[0] is None


@pytest.mark.anyio
async def test_without_a_forwarded_header_the_peer_is_the_client(call: Any) -> None:
    assert (await see(call, {"forwarded": ""}, convention="forwarded"))[0] == "192.0.2.1"
    assert (await see(call, {}, convention="forwarded"))[0] == "192.0.2.1"


@pytest.mark.anyio
@pytest.mark.parametrize("forged", ["for", 'for="', 'for="a, b', '"', "\\", "for=1;for=2", "for=10.0.0.1;"])
async def test_nothing_malformed_on_the_clients_side_hides_the_client(call: Any, forged: str) -> None:
    value = f"{forged}, for=203.0.113.9;proto=https, for=10.1.2.3"
    assert (await see(call, {"forwarded": value}, convention="forwarded"))[:2] == ("203.0.113.9", "https")


@pytest.mark.anyio
async def test_behind_two_proxies_client_scheme_and_host_are_of_the_same_hop(call: Any) -> None:
    """The outer one ends TLS; the inner one is reached by plain HTTP, by its own name."""
    x_forwarded = {
        "x-forwarded-for": "203.0.113.9, 10.1.2.3",
        "x-forwarded-proto": "https, http",
        "x-forwarded-host": "shop.test, inner.test",
    }
    forwarded = {
        "forwarded": "for=203.0.113.9;proto=https;host=shop.test, for=10.1.2.3;proto=http;host=inner.test",
    }
    outer = ("203.0.113.9", "https", b"shop.test")
    assert await see(call, x_forwarded, trust_host=True) == outer
    assert await see(call, forwarded, trust_host=True, convention="forwarded") == outer


@pytest.mark.anyio
async def test_a_scheme_that_the_outer_proxy_alone_set_is_that_of_every_hop(call: Any) -> None:
    headers = {"x-forwarded-for": "203.0.113.9, 10.1.2.3", "x-forwarded-proto": "https"}
    assert (await see(call, headers))[:2] == ("203.0.113.9", "https")


@pytest.mark.anyio
async def test_proxies_may_be_named_beside_a_star(call: Any) -> None:
    headers = {"x-forwarded-for": "203.0.113.9, 10.1.2.3", "x-forwarded-proto": "https, http"}
    assert (await see(call, headers, ["*", "10.0.0.0/8"]))[:2] == ("203.0.113.9", "https")
    assert (await see(call, headers, ["*"]))[:2] == ("10.1.2.3", "http")


@pytest.mark.anyio
async def test_a_server_that_has_read_the_headers_itself_is_reported_once(call: Any, caplog: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    proxied = ProxyHeadersMiddleware(app, trust_host=True)
    headers = {"x-forwarded-for": "203.0.113.9", "x-forwarded-host": "shop.test"}
    for _ in range(2):
        await call(proxied, headers=headers, client=("203.0.113.9", 0))
    assert len(caplog.records) == 1
    assert "uvicorn with --no-proxy-headers" in caplog.text


@pytest.mark.anyio
async def test_a_client_that_forges_the_headers_is_not_reported(call: Any, caplog: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    await call(ProxyHeadersMiddleware(app), headers={"x-forwarded-for": "203.0.113.9"}, client=("203.0.113.9", 5))
    assert not caplog.records


@pytest.mark.anyio
async def test_the_scope_of_the_server_is_left_as_it_was() -> None:
    async def app(*args: Any) -> None: ...

    scope: dict[str, Any] = {
        "type": "websocket",
        "scheme": "ws",
        "client": ("10.0.0.1", 1),
        "headers": [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"203.0.113.9")],
    }
    seen: list[Any] = []

    async def record(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await ProxyHeadersMiddleware(record, TRUSTED)(scope, app, app)
    assert (scope["scheme"], scope["client"]) == ("ws", ("10.0.0.1", 1))
    assert (seen[0]["scheme"], seen[0]["client"]) == ("wss", ("203.0.113.9", 0))


@pytest.mark.parametrize(
    ("trusted", "error", "sentence"),
    [
        ("10.0.0.1", TypeError, "write ['10.0.0.1']"),
        (["proxy.local"], ValueError, "write addresses as"),
        (["10.0.0.1/8"], ValueError, "host bits set"),
    ],
)
def test_a_wrong_list_is_rejected_at_construction(trusted: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as info:
        ProxyHeadersMiddleware(lambda *args: None, trusted)  # type: ignore[arg-type, return-value]
    assert sentence in str(info.value)


ADDRESSES = st.sampled_from(
    ["203.0.113.9", "198.51.100.7", "10.1.2.3", "10.9.9.9", "2001:db8::1", "evil", "", "unknown"]
)


@given(st.lists(ADDRESSES, max_size=5), st.lists(ADDRESSES, max_size=3), st.sampled_from(["x-forwarded", "forwarded"]))
def test_what_a_client_wrote_left_of_its_own_address_changes_nothing(
    written: list[str], hops: list[str], convention: Any
) -> None:
    def headers(addresses: list[str]) -> Headers:
        if convention == "x-forwarded":
            return Headers({"x-forwarded-for": ", ".join(addresses)})
        return Headers({"forwarded": ", ".join(f'for="{address}"' for address in addresses)})

    policy = ProxyPolicy(["10.0.0.0/8"], convention, False)
    forged = policy.resolve("10.0.0.1", headers([*written, "203.0.113.50", *hops]))
    honest = policy.resolve("10.0.0.1", headers(["203.0.113.50", *hops]))
    assert forged == honest
    assert policy.resolve("203.0.113.50", headers([*written, *hops])) is None


@given(
    st.dictionaries(
        st.sampled_from(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"]), st.text()
    )
)
def test_any_header_of_a_proxy_can_be_parsed(fields: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1", "ignore")) for name, value in fields.items()]
    for convention in ("x-forwarded", "forwarded"):
        origin = ProxyPolicy(["*"], convention, True).resolve("10.0.0.1", Headers(raw=raw))  # type: ignore[arg-type]
        assert origin is not None
        assert origin.scheme in (None, "http", "https")
        assert origin.host is None or not set(origin.host) & set("\r\n\0/@ ")


@pytest.mark.anyio
@pytest.mark.parametrize("trust_host", [True, False])
async def test_the_origin_of_a_websocket_may_be_the_host_that_a_trusted_proxy_reports(trust_host: bool) -> None:
    async def is_allowed(peer: str, origin: str) -> bool:
        headers = {"host": "internal:8000", "x-forwarded-host": "shop.test", "origin": origin, "cookie": "a=b"}
        scope = testkit.websocket_scope(headers=headers, client=(peer, 1))
        allowed: list[bool] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            allowed.append(OriginPolicy().allows(scope))

        await ProxyHeadersMiddleware(app, TRUSTED, trust_host=trust_host)(scope, app, app)  # type: ignore[arg-type]
        return allowed[0]

    assert await is_allowed("10.0.0.1", "https://shop.test")
    assert not await is_allowed("10.0.0.1", "https://evil.test")
    assert not await is_allowed("203.0.113.9", "https://shop.test")
