"""Compression and rate limits inside a whole application, beside the other middleware."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.compression import CompressionMiddleware, RequestDecompressionMiddleware
from armillary.cors import CORSMiddleware
from armillary.http import FileResponse, JSONResponse, PlainTextResponse, Request, Response, StreamingResponse
from armillary.ratelimit import RateLimitMiddleware, Rule
from armillary.routing import Route
from armillary.sessions import SessionMiddleware
from armillary.testing import TestClient

ROWS = [{"name": "vega", "magnitude": 0.03}] * 500
ORIGIN = "https://example.com"


async def rows(request: Request) -> Response:
    return JSONResponse(ROWS, headers={"etag": '"v1"'})


async def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for index in range(3):
            yield b"part %d;" % index

    return StreamingResponse(parts(), media_type="text/plain")


async def file(request: Request) -> Response:
    return FileResponse(Path(__file__))


async def echo(request: Request) -> Response:
    return JSONResponse(await request.json())


async def visit(request: Request) -> Response:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return PlainTextResponse("x" * 1000)


async def fail(request: Request) -> Response:
    raise LookupError("nothing here")


def application(*rules: Rule) -> Armillary:
    return Armillary(
        routes=[
            Route("/rows", rows),
            Route("/stream", stream),
            Route("/file", file),
            Route("/echo", echo, methods=["POST"]),
            Route("/visit", visit),
            Route("/fail", fail),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origins=[ORIGIN], expose_headers=["RateLimit", "RateLimit-Policy"]),
            Middleware(RateLimitMiddleware, rules or [Rule("1000/hour", name="all")]),
            Middleware(SessionMiddleware, secret_key="a-secret-key-of-at-least-32-characters"),
            Middleware(CompressionMiddleware),
            Middleware(RequestDecompressionMiddleware, max_size=100_000),
        ],
    )


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(), raise_server_exceptions=False, headers={"accept-encoding": "gzip"})


def test_every_kind_of_response_is_compressed(client: TestClient) -> None:
    for path in ("/rows", "/stream", "/file"):
        response = client.get(path)
        assert response.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in response.headers["vary"]
    assert client.get("/rows").json() == ROWS
    assert client.get("/stream").text == "part 0;part 1;part 2;"
    assert client.get("/file").content == Path(__file__).read_bytes()


def test_a_range_of_a_file_is_a_range_of_the_plain_file(client: TestClient) -> None:
    response = client.get("/file", headers={"range": "bytes=0-9"})
    assert response.status_code == 206
    assert response.content == Path(__file__).read_bytes()[:10]
    assert "content-encoding" not in response.headers


def test_the_etag_of_a_compressed_body_revalidates(client: TestClient) -> None:
    etag = client.get("/file").headers["etag"]
    assert etag.startswith("W/")
    response = client.get("/file", headers={"if-none-match": etag})
    assert response.status_code == 304
    assert response.headers["etag"] == etag


def test_a_head_request_has_the_headers_of_a_get(client: TestClient) -> None:
    get, head = client.get("/file"), client.head("/file")
    assert head.content == b""
    for name in ("content-encoding", "etag", "vary", "content-type"):
        assert head.headers[name] == get.headers[name]


def test_all_middleware_extend_vary(client: TestClient) -> None:
    response = client.get("/visit", headers={"origin": ORIGIN})
    assert {item.strip() for item in response.headers["vary"].split(",")} == {"Accept-Encoding", "Cookie", "Origin"}
    assert response.headers["ratelimit"].startswith('"all";r=')
    assert response.headers["access-control-expose-headers"] == "RateLimit, RateLimit-Policy"


def test_an_error_passes_through_all_of_them(client: TestClient) -> None:
    response = client.get("/fail", headers={"origin": ORIGIN})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "ratelimit" in response.headers


def test_a_compressed_request_body_is_parsed(client: TestClient) -> None:
    body = gzip.compress(json.dumps(ROWS).encode())
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert client.post("/echo", content=body, headers=headers).json() == ROWS


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        pytest.param("gzip", gzip.compress(bytes(10_000_000)), 413, id="bomb"),
        pytest.param("gzip", b"no gzip", 400, id="malformed"),
        pytest.param("gzip", gzip.compress(b"{}")[:-4], 400, id="cut"),
        pytest.param("deflate", zlib.compress(b'"star"'), 200, id="good"),
        pytest.param("lzma", b"x", 415, id="unknown"),
    ],
)
def test_a_bad_request_body_is_the_clients_fault(client: TestClient, coding: str, body: bytes, status: int) -> None:
    headers = {"content-encoding": coding, "content-type": "application/json"}
    assert client.post("/echo", content=body, headers=headers).status_code == status


def test_a_rejection_can_be_read_by_a_page_of_an_allowed_origin() -> None:
    client = TestClient(application(Rule("2/hour", "/rows", name="rows")))
    responses = [client.get("/rows", headers={"origin": ORIGIN}) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2].headers["access-control-allow-origin"] == ORIGIN
    assert responses[2].json()["violated-policies"] == ["rows"]


def test_a_route_may_have_its_own_limit() -> None:
    limit = Middleware(RateLimitMiddleware, Rule("1/hour", name="rows"))
    client = TestClient(Armillary(routes=[Route("/rows", rows, middleware=[limit]), Route("/visit", fail)]))
    assert [client.get("/rows").status_code for _ in range(2)] == [200, 429]
