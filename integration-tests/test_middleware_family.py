"""Each middleware of the family around a bare callable and inside Armillary, on every event loop, under the lint.

Everything passes through unchanged: parts of a stream one by one, WebSocket messages, disconnects, exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import anyio
import msgspec
import pytest

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Middleware, find_scope_record
from armillary.authentication import AuthenticationMiddleware, BearerBackend, SimpleUser, requires
from armillary.binding import Form
from armillary.compression import CompressionMiddleware, GZipMiddleware, RequestDecompressionMiddleware
from armillary.cors import CORSMiddleware
from armillary.http import PlainTextResponse, Request, Response, StreamingResponse
from armillary.lint import lint
from armillary.logging import AccessLogMiddleware, RequestIDMiddleware
from armillary.ratelimit import RateLimitMiddleware
from armillary.routing import Route, WebSocketRoute
from armillary.security import (
    CSRFMiddleware,
    HTTPSRedirectMiddleware,
    ProxyHeadersMiddleware,
    RequestBodyLimitMiddleware,
    SecurityHeadersMiddleware,
    TimeoutMiddleware,
    TrustedHostMiddleware,
    csrf_token,
)
from armillary.sessions import FileStore, MemoryStore, ServerSessionMiddleware, SessionMiddleware
from armillary.telemetry import OpenTelemetryMiddleware
from armillary.testing import TestClient
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def check(token: str) -> SimpleUser | None:
    return SimpleUser("ada") if token == "s3cret" else None


def telemetry(app: ASGIApp) -> ASGIApp:
    from opentelemetry.sdk.trace import TracerProvider

    return OpenTelemetryMiddleware(app, tracer_provider=TracerProvider())


FAMILY: dict[str, Callable[[Any], Any]] = {
    "cors": lambda app: CORSMiddleware(app, ["https://friend.test"], check_websockets=True),
    "sessions": lambda app: SessionMiddleware(app, "a key for these tests only"),
    "server sessions": lambda app: ServerSessionMiddleware(app, MemoryStore()),
    "gzip": GZipMiddleware,
    "compression": CompressionMiddleware,
    "request decompression": RequestDecompressionMiddleware,
    "trusted host": lambda app: TrustedHostMiddleware(app, ["shop.test"]),
    "https redirect": HTTPSRedirectMiddleware,
    "body limit": lambda app: RequestBodyLimitMiddleware(app, 2**20),
    "security headers": lambda app: SecurityHeadersMiddleware(app, content_security_policy={"script-src": ["'nonce'"]}),
    "csrf": CSRFMiddleware,
    "proxy headers": ProxyHeadersMiddleware,
    "timeout": lambda app: TimeoutMiddleware(app, 30),
    "rate limit": lambda app: RateLimitMiddleware(app, "1000/minute", limit_websockets=True),
    "authentication": lambda app: AuthenticationMiddleware(app, BearerBackend(check)),
    "access log": AccessLogMiddleware,
    "request id": RequestIDMiddleware,
    "telemetry": telemetry,
}


def all_of_them(app: ASGIApp) -> ASGIApp:
    for make in FAMILY.values():
        app = lint(make(app))
    return app


class Broken(Exception):
    """Raised by the application."""


async def parts() -> Any:
    for part in (b"a" * 600, b"b", b"c"):
        yield part


async def bare(scope: Any, receive: Any, send: Any) -> None:
    path = scope["path"]
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    if path == "/broken":
        raise Broken
    body = b""
    while path in ("/echo", "/disconnect"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"] and path == "/echo":
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if path == "/stream":
        async for part in parts():
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": body})


async def stream(request: Request) -> Response:
    return StreamingResponse(parts(), media_type="text/plain")


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def broken(request: Request) -> Response:
    raise Broken


async def disconnected(request: Request) -> Response:
    await request.body()
    assert await request.is_disconnected()
    return PlainTextResponse("detected")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


ROUTES = [
    Route("/stream", stream),
    Route("/echo", echo, methods=["POST"]),
    Route("/broken", broken),
    Route("/disconnect", disconnected),
    WebSocketRoute("/talk", talk),
]


class Holder:
    """A middleware class for what makes one."""

    def __init__(self, app: ASGIApp, make: Callable[[Any], Any]) -> None:
        self.inner = make(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inner(scope, receive, send)


MAKERS = {**FAMILY, "all of them": all_of_them}


@pytest.fixture(params=["around a bare callable", "inside Armillary"])
def place(request: pytest.FixtureRequest) -> str:
    place: str = request.param
    return place


@pytest.fixture(params=MAKERS)
def app(request: pytest.FixtureRequest, place: str) -> ASGIApp:
    make = MAKERS[request.param]
    if place == "inside Armillary":
        return Armillary(routes=ROUTES, middleware=[Middleware(Holder, make)])
    return Holder(bare, make)


def scope_of(kind: str, path: str, **scope: Any) -> dict[str, Any]:
    common = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"shop.test"), (b"accept-encoding", b"identity")],
        "client": ("192.0.2.1", 5000),
        "server": ("192.0.2.2", 443),
        **scope,
    }
    if kind == "websocket":
        return {"scheme": "wss", "subprotocols": [], **common}
    return {"scheme": "https", "method": "GET", **common}


async def request(app: ASGIApp, path: str, body: tuple[bytes, ...] = (b"",), **scope: Any) -> list[Any]:
    """Send a request, then disconnect; return the messages sent."""
    sent: list[Any] = []
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(body)} for number, part in enumerate(body, 1)
    ]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await lint(app)(scope_of("http", path, **scope), receive, send)
    return sent


def body_of(sent: list[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_stream_passes_part_by_part(app: ASGIApp) -> None:
    sent = await request(app, "/stream")
    assert [message["body"] for message in sent[1:4]] == [b"a" * 600, b"b", b"c"]
    assert body_of(sent) == b"a" * 600 + b"bc"


async def test_a_body_passes_in_parts(app: ASGIApp) -> None:
    pieces = tuple(bytes([number]) * 1000 for number in range(20))
    sent = await request(app, "/echo", pieces, method="POST")
    assert sent[0]["status"] == 200
    assert body_of(sent) == b"".join(pieces)


async def test_a_disconnect_is_seen_through_it(app: ASGIApp) -> None:
    with anyio.fail_after(10):
        await request(app, "/disconnect")


async def test_an_exception_keeps_its_identity(app: ASGIApp) -> None:
    with pytest.raises(Broken):
        await request(app, "/broken")


async def test_a_websocket_talks_through_it(app: ASGIApp) -> None:
    sent: list[Any] = []
    waiting: list[Any] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "one"},
        {"type": "websocket.receive", "text": "two"},
        {"type": "websocket.disconnect", "code": 1000},
    ]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await lint(app)(scope_of("websocket", "/talk"), receive, send)
    assert [message["type"] for message in sent][:1] == ["websocket.accept"]
    assert [message["text"] for message in sent[1:]] == ["one", "two"]


async def test_the_scope_of_the_server_keeps_its_keys(app: ASGIApp) -> None:
    given = scope_of("http", "/stream")
    before = dict(given)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    await app(given, receive, send)
    assert {name: given[name] for name in before} == before


# --- rejections inside Armillary --------------------------------------------------------------------


@requires("authenticated")
async def private(request: Request) -> Response:
    return PlainTextResponse(request.user.display_name)


@requires("authenticated")
async def private_talk(websocket: WebSocket) -> None:
    await websocket.accept()


async def remember(request: Request) -> Response:
    request.session["seen"] = True
    record = find_scope_record(request.scope) or {}
    return PlainTextResponse(record.get("csp_nonce", ""))


def shop(store: Any) -> Armillary:
    return Armillary(
        routes=[
            Route("/private", private),
            WebSocketRoute("/private", private_talk),
            Route("/remember", remember, methods=["POST"]),
            Route("/broken", broken),
        ],
        middleware=[
            Middleware(AccessLogMiddleware),
            Middleware(CORSMiddleware, ["https://friend.test"]),
            Middleware(SecurityHeadersMiddleware, content_security_policy={"script-src": ["'nonce'"]}),
            Middleware(CSRFMiddleware, trusted_origins=["https://friend.test"]),
            Middleware(ServerSessionMiddleware, store),
            Middleware(AuthenticationMiddleware, BearerBackend(check)),
        ],
    )


def fields(sent: list[Any]) -> dict[bytes, bytes]:
    return dict(sent[0]["headers"])


async def test_every_response_of_a_whole_application_has_what_each_part_adds(tmp_path: Any) -> None:
    app = shop(FileStore(tmp_path / "sessions"))
    host = [(b"host", b"shop.test"), (b"origin", b"https://friend.test")]
    for path, headers, status in [
        ("/private", [], 403),
        ("/private", [(b"authorization", b"Bearer guess")], 401),
        ("/private", [(b"authorization", b"Bearer s3cret")], 200),
        ("/nowhere", [], 404),
    ]:
        sent = await request(app, path, headers=[*host, *headers])
        assert sent[0]["status"] == status
        found = fields(sent)
        assert found[b"access-control-allow-origin"] == b"https://friend.test"
        assert found[b"content-security-policy"].startswith(b"script-src 'nonce-")
        assert found[b"x-request-id"]
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(Broken):
        await lint(app)(scope_of("http", "/broken", headers=host), receive, send)
    assert sent[0]["status"] == 500
    assert fields(sent)[b"access-control-allow-origin"] == b"https://friend.test"
    sent = await request(app, "/remember", method="POST", headers=host)
    assert (sent[0]["status"], fields(sent)[b"content-security-policy"]) == (
        200,
        b"script-src 'nonce-" + body_of(sent) + b"'",
    )
    assert b"session=" in fields(sent)[b"set-cookie"]
    strangers = [(b"host", b"shop.test"), (b"sec-fetch-site", b"cross-site"), (b"cookie", b"session=x")]
    assert (await request(app, "/remember", method="POST", headers=strangers))[0]["status"] == 403


async def test_a_websocket_without_its_scope_is_rejected_before_it_is_accepted(tmp_path: Any) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await lint(shop(MemoryStore()))(scope_of("websocket", "/private"), receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A form that takes nothing but a name."""

    name: str


async def add_entry(entry: Annotated[Entry, Form()]) -> str:
    return entry.name


async def show_token(request: Request) -> str:
    return csrf_token(request)


@pytest.mark.parametrize("field_name", ["csrf_token", "_token"])
def test_a_strict_form_takes_the_token_against_cross_site_requests_beside_its_fields(field_name: str) -> None:
    routes = [Route("/", add_entry, methods=["POST"]), Route("/", show_token)]
    app = Armillary(routes=routes, middleware=[Middleware(CSRFMiddleware, field_name=field_name)])
    with TestClient(app) as client:
        token = client.get("/").json()
        assert client.post("/", data={"name": "Vega", field_name: token}).json() == "Vega"
        assert client.post("/", data={"name": "Vega", field_name: token, "other": "x"}).status_code == 422
        assert client.post("/", data={"name": "Vega"}).status_code == 403
