"""The twelve scenarios whose instructions are counted: a request each, for a bare callable and for the toolkit.

Most of the applications are those that `make bench` times.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from cases import bodies_and_streams, cors_sessions_gzip, websocket_echo
from cases.bodies_and_streams import CHUNK, CHUNKS
from cases.small_responses import DOCUMENT, OF_DOCUMENT
from frame import Application, BenchmarkRequest, bare_application
from peers import ROUTES, armillary

PLAIN = b"text/plain; charset=utf-8"
HELLO = b"Hello, world!"
ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def _sends(text: Callable[[Any], bytes], content_type: bytes = PLAIN, status: int = 200) -> Application:
    """Return a bare callable that sends the text it makes of the scope."""

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        body = text(scope)
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", content_type)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


def _json(scope: Any) -> bytes:
    return ENCODE({"hello": "world"}).encode()


def _last_segment(scope: Any) -> bytes:
    return scope["path"].rpartition("/")[2].encode()


def _two_segments(scope: Any) -> bytes:
    _, _, star, _, planet = scope["path"].split("/")
    return f"{star} {planet}".encode()


def _name_of_query(scope: Any) -> bytes:
    return dict(parse_qsl(scope["query_string"].decode()))["name"].encode()


def _text_of_exception(scope: Any) -> bytes:
    try:
        raise LookupError("no such star")
    except LookupError as exc:
        return str(exc).encode()


async def _read_json(scope: Any, receive: Any, send: Any) -> None:
    name = json.loads((await receive())["body"])["name"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", PLAIN)]})
    await send({"type": "http.response.body", "body": name})


def _missing() -> Application:
    from armillary.applications import Armillary
    from armillary.asgi_types import HTTPException
    from armillary.http import Request, Response
    from armillary.routing import Route

    async def missing(request: Request) -> Response:
        raise HTTPException(404, "no such star")

    return Armillary(routes=[Route("/missing", missing)])


def _bodies() -> Application:
    return bodies_and_streams.armillary_application(Path("no file is sent"))


class Scenario(NamedTuple):
    """A request and whom it is sent to.

    `bare` does the work without any library, `application` makes the toolkit's application. A request without an
    expected body is one whose response has a text of the toolkit's choice.
    """

    request: BenchmarkRequest
    bare: Application
    application: Callable[[], Application]


SCENARIOS = {
    "plaintext": Scenario(BenchmarkRequest("/", expected=HELLO), bare_application(HELLO, PLAIN), armillary.application),
    "JSON": Scenario(
        BenchmarkRequest("/json", expected=b'{"hello":"world"}'),
        _sends(_json, b"application/json"),
        armillary.application,
    ),
    "one path parameter": Scenario(
        BenchmarkRequest("/users/vega", expected=b"vega"),
        _sends(_last_segment),
        armillary.application,
    ),
    "two path parameters": Scenario(
        BenchmarkRequest("/stars/vega/planets/b", expected=b"vega b"), _sends(_two_segments), armillary.application
    ),
    "last of 1,000 routes": Scenario(
        BenchmarkRequest(f"/items{ROUTES - 1}/vega/detail", expected=b"found"),
        bare_application(b"found", PLAIN),
        armillary.thousand_routes,
    ),
    "miss of 1,000 routes": Scenario(
        BenchmarkRequest("/nowhere/at/all", status=404),
        bare_application(b"Not Found", PLAIN, 404),
        armillary.thousand_routes,
    ),
    "JSON body": Scenario(
        BenchmarkRequest("/named", "POST", headers=OF_DOCUMENT, bodies=(DOCUMENT,), expected=b"vega"),
        _read_json,
        armillary.application,
    ),
    "query string": Scenario(
        BenchmarkRequest("/query", query=b"name=vega&page=2", expected=b"vega"),
        _sends(_name_of_query),
        armillary.application,
    ),
    "three middlewares": Scenario(
        BenchmarkRequest("/", headers=cors_sessions_gzip.BROWSER, expected=HELLO),
        bare_application(HELLO, PLAIN),
        cors_sessions_gzip.armillary_application,
    ),
    "stream of 100 chunks": Scenario(
        BenchmarkRequest("/stream", expected=CHUNK * CHUNKS), bodies_and_streams.sending(*[CHUNK] * CHUNKS), _bodies
    ),
    "100 WebSocket echoes": Scenario(
        websocket_echo.REQUEST,
        websocket_echo.conversing(websocket_echo.bare_application),
        lambda: websocket_echo.conversing(websocket_echo.armillary_application()),
    ),
    "HTTPException": Scenario(
        BenchmarkRequest("/missing", status=404), _sends(_text_of_exception, status=404), _missing
    ),
}
