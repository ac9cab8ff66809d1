"""Signatures and members that programs on Starlette use, beyond what its own tests ask for."""

from __future__ import annotations

import dataclasses
import gzip
import inspect
import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from armillary.starlette import config, formparsers, responses
from armillary.starlette._utils import ParsedHost, is_async_callable, parse_host_header
from armillary.starlette.config import Config, Environ
from armillary.starlette.datastructures import Headers, MultiDict
from armillary.starlette.middleware.body_limit import RequestBodyLimitResponder
from armillary.starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware, GZipResponder
from armillary.starlette.requests import Request, cookie_parser
from armillary.starlette.responses import JSONResponse, Response
from armillary.starlette.routing import Route
from armillary.starlette.schemas import SchemaGenerator
from armillary.starlette.staticfiles import NotModifiedResponse
from armillary.starlette.testclient import TestClient, WebSocketTestSession
from armillary.starlette.websockets import WebSocket, WebSocketDisconnect


def test_the_default_of_setdefault_is_none() -> None:
    values = MultiDict([("a", 1)])
    assert (values.setdefault("a"), values.setdefault("b"), values.multi_items()) == (1, None, [("a", 1), ("b", None)])


@pytest.mark.parametrize(
    ("header", "host", "port", "valid"),
    [
        ("a", "a", None, True),
        ("A:80", "A", "80", True),
        ("[::1]:080", "[::1]", "080", True),
        ("a:99999", "a", "99999", False),
    ],
)
def test_a_host_header_is_parsed_as_it_is_written(header: str, host: str, port: str | None, valid: bool) -> None:
    parsed = parse_host_header(host_header=header)
    assert parsed == ParsedHost(host, port)
    assert (parsed.authority, parsed.is_valid_port) == (header, valid)


def test_a_host_header_with_an_empty_port_is_malformed() -> None:
    assert parse_host_header("a:") is None


def test_whether_an_object_is_async_is_asked_by_name() -> None:
    async def call() -> None: ...

    assert (is_async_callable(obj=call), is_async_callable(obj=len)) == (True, False)


def test_cookies_are_parsed_by_name() -> None:
    assert cookie_parser(cookie_string="a=b; c=d") == {"a": "b", "c": "d"}


def test_a_part_of_a_form_is_a_dataclass() -> None:
    part = formparsers.MultipartPart(field_name="a")
    assert [field.name for field in dataclasses.fields(part)] == [
        "content_disposition",
        "field_name",
        "data",
        "file",
        "item_headers",
    ]
    assert part == formparsers.MultipartPart(None, "a", bytearray(), None, [])
    assert part.data is not formparsers.MultipartPart().data
    with pytest.raises(AttributeError, match="Missing"):
        formparsers.Missing  # type: ignore[attr-defined]  # noqa: B018


def test_requests_are_imported_without_dataclasses() -> None:
    code = "import sys, armillary.starlette.requests; print('dataclasses' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_the_size_of_parts_is_an_attribute_of_the_class() -> None:
    assert formparsers.MultiPartParser.max_part_size == 1024 * 1024


def test_headers_of_a_304_are_those_of_the_class() -> None:
    class Short(NotModifiedResponse):
        NOT_MODIFIED_HEADERS = ("etag",)

    headers = Headers({"ETag": '"a"', "Vary": "Origin", "X-A": "b"})
    assert {"cache-control", "content-location", "date", "etag", "expires", "vary"} <= {
        *NotModifiedResponse.NOT_MODIFIED_HEADERS
    }
    assert NotModifiedResponse(headers).headers.keys() == ["etag", "vary"]
    assert Short(headers).headers.keys() == ["etag"]


def test_undefined_is_a_class_and_no_default() -> None:
    settings = Config(environ=Environ({}))
    assert inspect.isclass(config.undefined)
    with pytest.raises(KeyError):
        settings("A", default=config.undefined)
    with pytest.raises(KeyError):
        settings.get("A")
    assert settings("A", default=None) is None


def test_json_needs_content() -> None:
    with pytest.raises(TypeError, match="content"):
        JSONResponse()  # type: ignore[call-arg]
    assert JSONResponse(None).body == b"null"


def test_errors_of_ranges_are_made_by_name() -> None:
    assert responses.RangeNotSatisfiable(max_size=5).max_size == 5
    assert responses.MalformedRangeHeader().content == "Malformed range header."
    assert responses.MalformedRangeHeader(content="other").content == "other"


@pytest.mark.parametrize(
    ("media_type", "coded"), [("application/pdf", True), ("image/png", False), ("image/bmp", True)]
)
def test_what_gzip_leaves_alone_is_starlettes_list(media_type: str, coded: bool) -> None:
    app = GZipMiddleware(Response(b"x" * 1000, media_type=media_type))
    assert len(DEFAULT_EXCLUDED_CONTENT_TYPES) == 14
    headers = TestClient(app).get("/", headers={"accept-encoding": "gzip"}).headers
    assert ("content-encoding" in headers) is coded


@pytest.mark.anyio
async def test_a_responder_compresses_with_its_compressor() -> None:
    responder: Any = GZipResponder(Response(), 0)
    compressor = responder.compressor
    assert responder.compressor is compressor
    first = await responder.apply_compression(b"a" * 100, more_body=True)
    last = await responder.apply_compression(b"b", more_body=False)
    assert gzip.decompress(first + last) == b"a" * 100 + b"b"


@pytest.mark.parametrize(("body", "status"), [(b"12345", 200), (b"123456", 413)])
def test_a_responder_of_a_body_limit_is_an_application_by_itself(body: bytes, status: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response(await Request(scope, receive).body())(scope, receive, send)

    responder = RequestBodyLimitResponder(app, 5)
    with pytest.raises(RuntimeError, match="no request yet"):
        responder.scope  # noqa: B018
    response = TestClient(responder).post("/", content=iter([body[:3], body[3:]]))
    assert response.status_code == status
    assert (responder.total_size, responder.content_length) == (5 if status == 200 else 3, None)
    assert responder.response_started is (status == 200)
    assert responder.scope["path"] == "/"


def test_methods_of_a_body_limit_are_overridden() -> None:
    class Upper(RequestBodyLimitResponder):
        async def receive_with_limit(self) -> Any:
            message = await super().receive_with_limit()
            return {**message, "body": message["body"].upper()}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response(await Request(scope, receive).body())(scope, receive, send)

    assert TestClient(Upper(app, 5)).post("/", content=b"abc").text == "ABC"


def test_a_session_is_made_of_a_scope() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        await websocket.send_text(scope["path"])
        await websocket.close(1001)

    scope = {"type": "websocket", "path": "/a", "headers": [], "query_string": b"", "subprotocols": []}
    factory = partial(start_blocking_portal, "asyncio")
    with WebSocketTestSession(app, scope, portal_factory=factory) as session:
        assert session.receive_text() == "/a"
        with pytest.raises(WebSocketDisconnect):
            session.receive_text()
    with TestClient(app).websocket_connect("/b") as session:
        assert type(session) is WebSocketTestSession
        assert session.receive_text() == "/b"


def test_operations_are_unpacked() -> None:
    def get(request: Any) -> None:
        """Return nothing."""

    [(path, method, func)] = SchemaGenerator({}).get_endpoints([Route("/{id:int}", get)])
    assert (path, method, func) == ("/{id}", "get", get)


def test_a_responder_has_what_its_response_is() -> None:
    seen: list[tuple[bool, bool, bool, bool]] = []

    class Watching(GZipResponder):
        async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
            seen.append((self.started, self.content_encoding_set, self.content_type_is_excluded, self.partial_response))
            return await super().apply_compression(body, more_body=more_body)

    response = TestClient(Watching(Response(b"x" * 1000, media_type="text/plain"), 0)).get("/")
    assert response.content == b"x" * 1000
    assert seen == [(True, False, False, False)]
