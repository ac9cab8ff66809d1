"""`HTTPSRedirectMiddleware`."""

from __future__ import annotations

from typing import Any

import pytest

from asterism.asgi_types import ASGIApp
from asterism.security import HTTPSRedirectMiddleware


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
async def test_a_plain_request_goes_to_its_secure_twin(call: Any, ok: ASGIApp, host: str, location: str) -> None:
    answer = await call(HTTPSRedirectMiddleware(ok), path="/a", headers={"host": host}, query_string=b"b=c")
    assert (answer.status, answer.headers["location"]) == (307, location)


@pytest.mark.anyio
async def test_a_secure_request_passes(call: Any, ok: ASGIApp) -> None:
    assert (await call(HTTPSRedirectMiddleware(ok), scheme="https")).status == 200


@pytest.mark.anyio
async def test_a_malformed_host_without_a_server_address_is_a_400(call: Any, ok: ASGIApp) -> None:
    answer = await call(HTTPSRedirectMiddleware(ok), headers={"host": "a/b"}, server=None)
    assert (answer.status, answer.body) == (400, b"Invalid host header")


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["//evil.test", "/\\evil.test", "/%2fevil.test", "/\r\nx: y"])
async def test_a_hostile_path_never_leaves_the_host(call: Any, ok: ASGIApp, path: str) -> None:
    answer = await call(HTTPSRedirectMiddleware(ok), path=path)
    assert answer.headers["location"].startswith("https://example.com/")
    assert "\r" not in answer.headers["location"]
