"""Malformed requests through a whole application, under lint.

What the application reads and cannot understand gets a 4xx with a sentence, or ends cleanly if the client has
disconnected. What HTTP has a recipient ignore or pass on (a Range that cannot be parsed, bytes of a cookie) is handled
as if it were well formed. There is never a 500, an exception, a hang or a file left open.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, HTTPException, Message, Middleware, Scope
from armillary.http import (
    FileResponse,
    HTTPEndpoint,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Request,
    Response,
)
from armillary.lint import lint
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.security import TrustedHostMiddleware
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio
DEPTH = 200_000
LIMIT = 2**20
Headers = list[tuple[bytes, bytes]]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def files_are_closed() -> Iterator[None]:
    """Collect what a test left behind, so that a file left open fails that test."""
    yield
    gc.collect()


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left() -> Iterator[None]:
    """Collect what the module left behind; objects from before are excluded from each test's collection."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.collect()


# --- the application -------------------------------------------------------------------------


async def echo_json(request: Request) -> Response:
    return JSONResponse(await request.json())


async def echo_body(request: Request) -> Response:
    return Response(await request.body())


async def echo_form(request: Request) -> Response:
    async with request.form() as form:
        shown = []
        for name, value in form.multi_items():
            shown.append([name, value if isinstance(value, str) else (await value.read()).hex()])
        return JSONResponse(shown)


async def keep_form(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.form())))


async def echo_query(request: Request) -> Response:
    return JSONResponse(dict(request.query_params))


async def echo_cookies(request: Request) -> Response:
    return JSONResponse(dict(request.cookies))


async def echo_headers(request: Request) -> Response:
    return JSONResponse(dict(request.headers))


async def show_url(request: Request) -> Response:
    return PlainTextResponse(str(request.url))


async def show_item(request: Request) -> Response:
    return PlainTextResponse(str(request.path_params["id"]))


async def redirect_to_next(request: Request) -> Response:
    try:
        return RedirectResponse(request.query_params.get("next", "/"))
    except ValueError as error:
        raise HTTPException(400, f"next cannot be followed: {error}") from None


class Item(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("item")

    async def _private(self, request: Request) -> Response:
        raise AssertionError("a method that no client may call was called")


async def echo_websocket(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


FILE = Path(__file__)


async def send_file(request: Request) -> Response:
    return FileResponse(FILE)


def routes() -> list[Any]:
    return [
        Route("/json", echo_json, methods=["POST"]),
        Route("/body", echo_body, methods=["POST"]),
        Route("/form", echo_form, methods=["POST"]),
        Route("/keep-form", keep_form, methods=["POST"]),
        Route("/query", echo_query),
        Route("/cookies", echo_cookies),
        Route("/headers", echo_headers),
        Route("/url", show_url),
        Route("/next", redirect_to_next),
        Route("/file", send_file),
        Route("/item", Item),
        Route("/items/{id:int}", show_item),
        Route("/floats/{id:float}", show_item),
        Route("/uuids/{id:uuid}", show_item),
        Route("/slash/", show_url),
        Mount("/mount", routes=[Route("/names/{id}", show_item)]),
        WebSocketRoute("/ws", echo_websocket),
    ]


def plain_app() -> ASGIApp:
    return lint(Armillary(routes=routes(), max_body_size=LIMIT))


def guarded_app() -> ASGIApp:
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=["testserver"])
    return lint(Armillary(routes=routes(), max_body_size=LIMIT, middleware=[guard]))


# --- a client that sends anything -------------------------------------------------------------


class RecordedResponse:
    """The messages an application sent for one request."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def scope_for(method: str, target: str, headers: Headers, **changes: Any) -> Scope:
    path, _, query = target.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "headers": headers if any(name == b"host" for name, _ in headers) else [(b"host", b"testserver"), *headers],
        "client": ["127.0.0.1", 50000],
        "server": ["127.0.0.1", 80],
        "extensions": {},
        "state": {},
    }
    return {**scope, **changes}


async def call(app: ASGIApp, scope: Scope, *parts: bytes, disconnect: bool = False) -> RecordedResponse:
    """Send one request; with `disconnect` the client disconnects before the body is complete."""
    response = RecordedResponse()
    bodies = list(parts or (b"",))
    pending = [
        {"type": "http.request", "body": body, "more_body": disconnect or number < len(bodies) - 1}
        for number, body in enumerate(bodies)
    ]

    async def receive() -> Message:
        await anyio.lowlevel.checkpoint()
        return pending.pop(0) if pending else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        await anyio.lowlevel.checkpoint()
        response.messages.append(message)

    with anyio.fail_after(30):
        await app(scope, receive, send)
    return response


def assert_rejected(response: RecordedResponse) -> None:
    assert response.status is not None
    assert 400 <= response.status < 500, response.body
    assert len(response.body.strip()) > 3, "a rejection says what was wrong"
    assert b"Traceback" not in response.body


def assert_tolerated(response: RecordedResponse) -> None:
    assert response.status is not None
    assert response.status < 500, response.body


# --- bodies -----------------------------------------------------------------------------------

JSON: Headers = [(b"content-type", b"application/json")]
URLENCODED: Headers = [(b"content-type", b"application/x-www-form-urlencoded")]


def multipart(parameters: bytes = b"; boundary=b") -> Headers:
    return [(b"content-type", b"multipart/form-data" + parameters)]


def part(headers: bytes, body: bytes = b"x") -> bytes:
    return b"--b\r\n" + headers + b"\r\n\r\n" + body + b"\r\n"


FIELD = part(b'content-disposition: form-data; name="a"')
UPLOAD = part(b'content-disposition: form-data; name="a"; filename="a.txt"\r\ncontent-type: text/plain', b"x" * 100)
END = b"--b--\r\n"

BAD_BODIES: dict[str, tuple[str, Headers, bytes]] = {
    "json: nothing": ("/json", JSON, b""),
    "json: cut off": ("/json", JSON, b'{"a": [1, 2'),
    "json: two values": ("/json", JSON, b"1 2"),
    "json: not UTF-8": ("/json", JSON, b'"\xff\xfe"'),
    "json: a word": ("/json", JSON, b"undefined"),
    "json: deep lists": ("/json", JSON, b"[" * DEPTH + b"]" * DEPTH),
    "json: deep objects": ("/json", JSON, b'{"a":' * DEPTH + b"1" + b"}" * DEPTH),
    "json: deep and cut off": ("/json", JSON, b"[" * DEPTH),
    "json: a float too large": ("/json", JSON, b"[-1e999]"),
    "json: not a number": ("/json", JSON, b"[NaN]"),
    "json: infinity": ("/json", JSON, b"-Infinity"),
    "json: a number of 100,000 digits": ("/json", JSON, b"1" * 100_000),
    "json: charset that does not exist": ("/json", [(b"content-type", b"application/json; charset=nonsense")], b"\xff"),
    "form: no boundary": ("/form", multipart(b""), FIELD + END),
    "form: empty boundary": ("/form", multipart(b"; boundary="), FIELD + END),
    "form: boundary of 10,000 bytes": ("/form", multipart(b"; boundary=" + b"b" * 10_000), FIELD + END),
    "form: boundary with odd bytes": ("/form", multipart(b'; boundary="b\xff\x01"'), FIELD + END),
    "form: nothing": ("/form", multipart(), b""),
    "form: other boundary": ("/form", multipart(), FIELD.replace(b"--b", b"--c") + b"--c--\r\n"),
    "form: no end": ("/form", multipart(), FIELD),
    "form: cut off amid a file": ("/form", multipart(), UPLOAD[:-50]),
    "form: cut off amid headers": ("/form", multipart(), b"--b\r\ncontent-disposition: form-data; na"),
    "form: part without headers": ("/form", multipart(), b"--b\r\n\r\nx\r\n" + END),
    "form: part without a name": ("/form", multipart(), part(b"content-disposition: form-data") + END),
    "form: header without a colon": ("/form", multipart(), part(b"content-disposition form-data") + END),
    "form: header of 100,000 bytes": ("/form", multipart(), part(b"x-a: " + b"a" * 100_000) + END),
    "form: 10,000 headers": ("/form", multipart(), part(b"x-a: b\r\n" * 10_000 + b"x-b: c") + END),
    "form: 10,000 fields": ("/form", multipart(), FIELD * 10_000 + END),
    "form: 5,000 files": ("/form", multipart(), UPLOAD * 5_000 + END),
    "form: charset that does not exist": ("/form", multipart(b"; boundary=b; charset=nonsense"), FIELD + END),
    "form: field of 2 MB": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="a"', b"x" * 2**21) + END,
    ),
    "form: a file, then garbage, kept open": ("/keep-form", multipart(), UPLOAD + b"--b\r\nbroken"),
    "urlencoded: 10,000 fields": ("/form", URLENCODED, b"a=1&" * 10_000),
    "body: over the limit": ("/body", [], b"x" * (LIMIT + 1)),
}


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize("size", [1_000_000_000, 4096], ids=["whole", "pieces"])
@pytest.mark.parametrize("case", BAD_BODIES)
async def test_a_body_that_cannot_be_understood_is_rejected(case: str, size: int) -> None:
    target, headers, body = BAD_BODIES[case]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    response = await call(plain_app(), scope_for("POST", target, headers), *pieces)
    assert_rejected(response)


ODD_BODIES: dict[str, tuple[str, Headers, bytes]] = {
    "json: a lone surrogate": ("/json", JSON, b'"\\ud800"'),
    "json: a lone surrogate as a key": ("/json", JSON, b'{"\\udfff": 1}'),
    "json: the same key twice": ("/json", JSON, b'{"a": 1, "a": 2}'),
    "json: a byte order mark": ("/json", JSON, b"\xef\xbb\xbf1"),
    "json: UTF-16": ("/json", JSON, "[1]".encode("utf-16")),
    "json: as text": ("/json", [(b"content-type", b"text/plain")], b"1"),
    "json: no media type": ("/json", [], b"1"),
    "json: garbage for a media type": ("/json", [(b"content-type", b";;\xff=;")], b"1"),
    "form: garbage for a media type": ("/form", [(b"content-type", b"\xff/;=;\x01")], b"a=1"),
    "form: two media types": ("/form", [*URLENCODED, *multipart()], b"a=1"),
    "form: names and files not in UTF-8": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="\xff"; filename="\xfe"') + END,
    ),
    "form: a name of 10,000 bytes": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="' + b"a" * 10_000 + b'"') + END,
    ),
    "form: a file name with path traversal": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="a"; filename="../../etc/passwd\x00"') + END,
    ),
    "form: a value not in UTF-8": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="a"', b"\xff") + END,
    ),
    "form: garbage before and after": ("/form", multipart(), b"garbage\r\n" + FIELD + END + b"garbage"),
    "form: unknown transfer encoding": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="a"\r\ncontent-transfer-encoding: quoted-printable', b"=zz") + END,
    ),
    "form: a part with a negative length": (
        "/form",
        multipart(),
        part(b'content-disposition: form-data; name="a"\r\ncontent-length: -5') + END,
    ),
    "urlencoded: a charset, which the format does not have": (
        "/form",
        [(b"content-type", b"application/x-www-form-urlencoded; charset=nonsense")],
        b"a=%ff",
    ),
    "urlencoded: half a percent escape": ("/form", URLENCODED, b"a=%&%zz=%f&=&&&"),
    "urlencoded: not UTF-8": ("/form", URLENCODED, b"a=\xff&%ff=1"),
    "urlencoded: NUL": ("/form", URLENCODED, b"a=\x00"),
}


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize("size", [1_000_000_000, 1], ids=["whole", "bytes"])
@pytest.mark.parametrize("case", ODD_BODIES)
async def test_an_odd_body_is_understood_or_rejected(case: str, size: int) -> None:
    target, headers, body = ODD_BODIES[case]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    response = await call(plain_app(), scope_for("POST", target, headers), *pieces)
    assert_tolerated(response)


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize("case", [case for case, (_, _, body) in BAD_BODIES.items() if 0 < len(body) < 10_000])
async def test_a_client_that_disconnects_amid_a_bad_body_ends_cleanly(case: str) -> None:
    target, headers, body = BAD_BODIES[case]
    await call(plain_app(), scope_for("POST", target, headers), body, disconnect=True)


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize("target", ["/json", "/body", "/form", "/keep-form"])
async def test_a_client_that_disconnects_amid_an_upload_ends_cleanly(target: str) -> None:
    response = await call(plain_app(), scope_for("POST", target, multipart()), UPLOAD, UPLOAD[:-50], disconnect=True)
    assert response.status is None or response.status < 500


LARGE = part(b'content-disposition: form-data; name="a"; filename="a.bin"', b"x" * (3 * 2**20))


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize("disconnect", [False, True], ids=["broken", "disconnects"])
@pytest.mark.parametrize("target", ["/form", "/keep-form"])
async def test_a_file_on_disk_is_closed_when_the_form_fails_after_it(target: str, disconnect: bool) -> None:
    app = lint(Armillary(routes=routes(), max_body_size=16 * LIMIT))
    response = await call(
        app, scope_for("POST", target, multipart()), LARGE, LARGE, b"--b\r\nbroken", disconnect=disconnect
    )
    if disconnect:
        assert response.status is None or response.status < 500
    else:
        assert_rejected(response)


@pytest.mark.usefixtures("files_are_closed")
async def test_a_file_on_disk_is_closed_when_the_endpoint_does_not_close_the_form() -> None:
    app = lint(Armillary(routes=routes(), max_body_size=16 * LIMIT))
    response = await call(app, scope_for("POST", "/keep-form", multipart()), LARGE, END)
    assert response.status == 200


# --- lengths ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", [b"abc", b"-1", b"+5", b"5, 5", b"0x5", b"5.0", b"", b" ", b"\xb2", b"1" * 5000, str(LIMIT + 1).encode()]
)
@pytest.mark.parametrize("target", ["/body", "/json", "/form"])
async def test_a_content_length_that_is_wrong_is_rejected_or_ignored(target: str, length: bytes) -> None:
    headers = [(b"content-length", length), *JSON]
    assert_tolerated(await call(plain_app(), scope_for("POST", target, headers), b"12345"))


async def test_a_content_length_over_the_limit_is_rejected_unread() -> None:
    headers = [(b"content-length", str(LIMIT + 1).encode())]
    response = await call(plain_app(), scope_for("POST", "/body", headers), b"x")
    assert response.status == 413
    assert_rejected(response)


@pytest.mark.parametrize("lengths", [(b"5", b"6"), (b"6", b"5"), (b"0", b"99999999")])
async def test_two_content_lengths_do_no_harm(lengths: tuple[bytes, ...]) -> None:
    headers = [(b"content-length", length) for length in lengths]
    assert_tolerated(await call(plain_app(), scope_for("POST", "/body", headers), b"12345"))


@pytest.mark.parametrize("length", [b"1", b"100"])
async def test_a_body_of_another_length_than_declared_does_no_harm(length: bytes) -> None:
    response = await call(plain_app(), scope_for("POST", "/body", [(b"content-length", length)]), b"12345")
    assert_tolerated(response)


# --- hosts ------------------------------------------------------------------------------------

BAD_HOSTS = [
    [b""],
    [b"a b"],
    [b"x/?"],
    [b"testserver/@evil"],
    [b"evil@testserver"],
    [b"testserver:port"],
    [b"testserver:"],
    [b"[::1"],
    [b"[not:an:address]"],
    [b"\xff\xfe"],
    [b"testserver, evil"],
    [b"testserver", b"evil"],
    [b"testserver", b"testserver"],
    [b"." * 300],
    [b"a" * 10_000],
]


@pytest.mark.parametrize("hosts", BAD_HOSTS)
async def test_a_bad_host_is_rejected_when_hosts_are_checked(hosts: list[bytes]) -> None:
    headers = [(b"host", host) for host in hosts]
    assert_rejected(await call(guarded_app(), scope_for("GET", "/url", headers)))


@pytest.mark.parametrize("target", ["/url", "/slash"])
@pytest.mark.parametrize("hosts", [*BAD_HOSTS, [b"testserver:99999999"]])
async def test_a_bad_host_never_gets_into_a_url(hosts: list[bytes], target: str) -> None:
    headers = [(b"host", host) for host in hosts]
    response = await call(plain_app(), scope_for("GET", target, headers))
    assert_tolerated(response)
    assert b"evil" not in response.body
    assert b"evil" not in response.headers.get(b"location", b"")


async def test_no_host_at_all_does_no_harm() -> None:
    scope = {**scope_for("GET", "/url", []), "headers": []}
    assert_tolerated(await call(plain_app(), scope))
    assert_rejected(await call(guarded_app(), {**scope, "headers": []}))


# --- headers ----------------------------------------------------------------------------------

ODD_VALUES = [
    b"",
    b"\xff\xfe\x80",
    b"\x01\x7f",
    b"=" * 1000,
    b";" * 1000,
    b"," * 1000,
    b'"' * 999,
    b"\\",
    b"a" * 100_000,
]
READ_HEADERS = [
    b"accept",
    b"accept-encoding",
    b"accept-language",
    b"authorization",
    b"cookie",
    b"content-type",
    b"forwarded",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-range",
    b"if-unmodified-since",
    b"origin",
    b"range",
    b"referer",
    b"te",
    b"x-forwarded-for",
    b"x-odd",
]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value[:8]))
@pytest.mark.parametrize("name", READ_HEADERS)
async def test_odd_bytes_in_a_header_do_no_harm(name: bytes, value: bytes) -> None:
    app = plain_app()
    for target in ("/headers", "/cookies", "/file", "/missing"):
        assert_tolerated(await call(app, scope_for("GET", target, [(name, value)])))


@pytest.mark.usefixtures("files_are_closed")
@pytest.mark.parametrize(
    "value",
    [
        b"bytes=abc",
        b"bytes=5-1",
        b"bytes=-",
        b"bytes=-0",
        b"bytes=99999999-",
        b"lines=1-2",
        b"bytes=\xd9\xa1-",
        b"bytes=" + b"9" * 5000 + b"-",
        b"bytes=" + b"0-1," * 10_000,
    ],
    ids=lambda value: repr(value[:16]),
)
async def test_an_odd_range_is_ignored_or_rejected(value: bytes) -> None:
    response = await call(plain_app(), scope_for("GET", "/file", [(b"range", value)]))
    assert response.status in (200, 400, 416)


async def test_many_headers_and_cookies_do_no_harm() -> None:
    cookies = [(b"cookie", b"a=b; " * 1000)] * 20
    many = [(b"x-%d" % number, b"a") for number in range(5000)]
    assert_tolerated(await call(plain_app(), scope_for("GET", "/cookies", cookies)))
    assert_tolerated(await call(plain_app(), scope_for("GET", "/headers", many)))


# --- methods and paths ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["BREW", "_PRIVATE", "__INIT__", "DISPATCH", "CONNECT", "TRACE", "PRI", "", "A B", "É"]
)
@pytest.mark.parametrize("target", ["/item", "/query", "/json"])
async def test_an_unknown_method_is_rejected(method: str, target: str) -> None:
    response = await call(plain_app(), scope_for(method, target, []))
    assert response.status == 405
    assert b"allow" in response.headers
    assert_rejected(response)


LONG = "a" * 100_000
MISSES = [
    "",
    "*",
    "items/1",
    "//",
    "///items/1",
    "/..",
    "/../../etc/passwd",
    "/items/../../x",
    "/items/",
    "/items/-1",
    "/items/1.5",
    "/items/٣",
    "/items/1\n",
    "/items/\x00",
    "/items/1e9",
    "/floats/nan",
    "/floats/1e999",
    "/uuids/not-a-uuid",
    "/mount",
    "/mount/",
    "/mount/names/",
    "/mount/names",
    f"/{LONG}",
    "/" * 10_000,
    "/\x00",
    "/\ud800",
    "/items/\udcff",
    "/query\x00",
    "/query ",
    "/QUERY",
]


@pytest.mark.parametrize("path", MISSES, ids=lambda path: ascii(path[:16]))
async def test_an_odd_path_is_not_found(path: str) -> None:
    scope = scope_for("GET", "/", [])
    scope.update(path=path, raw_path=path.encode("utf-8", "surrogatepass"))
    response = await call(plain_app(), scope)
    assert response.status is not None
    if response.status == 307:
        assert not response.headers[b"location"].lstrip().startswith((b"//", b"/\\"))
    else:
        assert_rejected(response)


@pytest.mark.parametrize("raw_path", [b"/items/%zz", b"/items/%", b"/items/1%2f", b"/%2e%2e/", b"/\xff", b"", None])
async def test_a_raw_path_that_says_something_else_does_no_harm(raw_path: bytes | None) -> None:
    for path in ("/items/1", "/missing", "/slash"):
        assert_tolerated(await call(plain_app(), {**scope_for("GET", path, []), "raw_path": raw_path}))


@pytest.mark.parametrize("digits", [19, 400, 5000])
async def test_a_number_of_many_digits_in_a_path_does_no_harm(digits: int) -> None:
    response = await call(plain_app(), scope_for("GET", f"/items/{'9' * digits}", []))
    assert_tolerated(response)


@pytest.mark.parametrize(
    "query",
    [b"%", b"%zz=%", b"a=%ff", b"\xff\xfe", b"&" * 10_000, b"=" * 10_000, b"a" * 100_000, b"a=\x00", b"a=%0d%0a"],
)
async def test_an_odd_query_does_no_harm(query: bytes) -> None:
    for path in ("/query", "/url", "/slash"):
        assert_tolerated(await call(plain_app(), {**scope_for("GET", path, []), "query_string": query}))


@pytest.mark.parametrize("target", ["a%0d%0aset-cookie: b=c", "/%00", "%f0", "//[", "http://[::1", "é", "%ed%a0%80"])
async def test_a_redirect_target_from_the_client_adds_no_header(target: str) -> None:
    response = await call(plain_app(), scope_for("GET", f"/next?next={target}", []))
    assert_tolerated(response)
    assert b"set-cookie" not in response.headers


# --- WebSockets -------------------------------------------------------------------------------


async def call_websocket(target: str, *messages: Message, headers: Headers | None = None) -> list[Message]:
    scope = {**scope_for("GET", target, headers or []), "type": "websocket", "scheme": "ws", "subprotocols": []}
    del scope["method"]
    pending: list[Message] = [{"type": "websocket.connect"}, *messages]
    sent: list[Message] = []

    async def receive() -> Message:
        await anyio.lowlevel.checkpoint()
        return pending.pop(0) if pending else {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Message) -> None:
        sent.append(message)

    with anyio.fail_after(30):
        await plain_app()(scope, receive, send)
    return sent


@pytest.mark.parametrize("target", ["/missing", "/query", "/json", "/items/1", "//", "/\ud800"])
async def test_a_websocket_to_anything_else_is_rejected(target: str) -> None:
    scope_target = target.replace("\ud800", "\udc80")
    sent = await call_websocket(scope_target)
    assert sent[0]["type"] in ("websocket.close", "websocket.http.response.start")


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x00" * 100_000])
async def test_a_binary_frame_closes_when_text_is_read(data: bytes) -> None:
    sent = await call_websocket("/ws", {"type": "websocket.receive", "bytes": data})
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]


async def test_a_client_that_disconnects_during_the_handshake_ends_cleanly() -> None:
    await call_websocket("/ws", {"type": "websocket.disconnect", "code": 1006})
