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
        ("example.com/@evil", "https://127.0.0.1:8000/a?b=c"),
    ],
)
async def test_a_plain_request_is_redirected_to_https(call: Any, ok: ASGIApp, host: str, location: str) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), path="/a", headers={"host": host}, query_string=b"b=c")
    assert (response.status, response.headers["location"]) == (307, location)


@pytest.mark.anyio
async def test_a_secure_request_passes(call: Any, ok: ASGIApp) -> None:
    assert (await call(HTTPSRedirectMiddleware(ok), scheme="https")).status == 200


@pytest.mark.anyio
async def test_a_malformed_host_without_a_server_address_is_a_400(call: Any, ok: ASGIApp) -> None:
    response = await call(HTTPSRedirectMiddleware(ok), headers={"host": "a/b"}, server=None)
    assert (response.status, response.body) == (400, b"Invalid host header")


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
    location = dict(sent[0]["headers"])[b"location"].decode("ascii")
    assert sent[0]["status"] == 307
    assert location.isprintable()
    assert " " not in location
    url = URL(location)
    assert url.scheme == "https"
    named = host.lower().removesuffix(":")  # an empty port is none (RFC 3986 section 6.2.3)
    assert url.netloc in ("127.0.0.1:8000", named.removesuffix(":80"), named)
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
