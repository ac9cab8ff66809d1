"""`HTTPSRedirectMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import ASGIApp
from armillary.datastructures import URL
from armillary.security import HTTPSRedirectMiddleware


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("example.com", "https://example.com/a?b=c"),
        ("example.com:80", "https://example.com/a?b=c"),
        ("example.com:8443", "https://example.com:8443/a?b=c"),
    ],
)
async def test_a_plain_request_is_redirected_to_https(call: Any, ok: ASGIApp, host: str, location: str) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), path="/a", headers={"host": host}, query_string=b"b=c")
    assert (response.status, response.headers["location"]) == (307, location)


@pytest.mark.anyio
async def test_a_secure_request_passes(call: Any, ok: ASGIApp) -> None:
    assert (await call(HTTPSRedirectMiddleware(ok), scheme="https")).status == 200


@pytest.mark.anyio
@pytest.mark.parametrize("server", [("10.0.0.7", 8000), None])
@pytest.mark.parametrize("host", ["a/b", "evil@h", "example.com/@evil", "", "h:99999", "h:0", "h:x", "h, evil"])
async def test_a_malformed_host_is_a_400_and_never_the_address_of_the_server(
    call: Any, ok: ASGIApp, host: str, server: Any
) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), headers={"host": host}, server=server)
    assert (response.status, response.sentence) == (400, "Invalid host header")
    assert "location" not in response.headers


@pytest.mark.anyio
async def test_a_repeated_host_is_a_400(call: Any, ok: ASGIApp) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), headers=[("host", "example.com"), ("host", "evil.test")])
    assert response.status == 400


@pytest.mark.anyio
async def test_a_missing_host_is_a_400(ok: ASGIApp) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "scheme": "http", "path": "/", "headers": [], "server": ("10.0.0.7", 80)}
    await HTTPSRedirectMiddleware(ok)(scope, None, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("server", "location"),
    [(("10.0.0.7", 8000), "https://10.0.0.7:8000/"), (("::1", 80), "https://[::1]/"), (None, None)],
)
async def test_a_subclass_can_name_the_server_for_a_malformed_host(
    call: Any, ok: ASGIApp, server: Any, location: str | None
) -> None:
    class Naming(HTTPSRedirectMiddleware):
        names_server = True

    response = await call(Naming(ok), headers={"host": "a/b"}, server=server)
    assert (response.status, response.headers.get("location")) == (307 if location else 400, location)


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["//evil.test", "/\\evil.test", "/%2fevil.test", "/\r\nx: y"])
async def test_a_hostile_path_never_leaves_the_host(call: Any, ok: ASGIApp, path: str) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), path=path)
    assert response.headers["location"].startswith("https://example.com/")
    assert "\r" not in response.headers["location"]


@given(st.text(max_size=30), st.binary(max_size=20), st.text("ab.:@/\\?#[]%1 \r\n", max_size=12))
def test_a_request_is_redirected_only_to_its_own_https_url(path: str, query: bytes, host: str) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": f"/{path}",
        "query_string": query,
        "headers": [(b"host", host.encode())],
        "server": ("127.0.0.1", 8000),
    }
    redirect: Any = HTTPSRedirectMiddleware(lambda *args: None)(scope, None, send)  # type: ignore[arg-type, return-value]
    with pytest.raises(StopIteration):  # nothing in it waits for anything
        redirect.send(None)
    if sent[0]["status"] == 400:
        assert b"location" not in dict(sent[0]["headers"])
        return
    location = dict(sent[0]["headers"])[b"location"].decode("ascii")
    assert sent[0]["status"] == 307
    assert location.isprintable()
    assert " " not in location
    url = URL(location)
    assert url.scheme == "https"
    named = host.lower().removesuffix(":")  # an empty port is none (RFC 3986 section 6.2.3)
    assert url.netloc in (named.removesuffix(":80"), named)
    assert url.path.startswith("/")


@pytest.mark.anyio
async def test_a_plain_websocket_is_redirected_before_it_is_accepted() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/chat",
        "headers": [(b"host", b"example.com")],
        "extensions": {"websocket.http.response": {}},
    }
    await HTTPSRedirectMiddleware(lambda *args: None)(scope, None, send)  # type: ignore[arg-type, return-value]
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 307)
    assert (b"location", b"wss://example.com/chat") in sent[0]["headers"]
