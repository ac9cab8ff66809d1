"""What every framework does: text, JSON, parameters of the path and of the query, and a JSON body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from frame import BARE, BenchmarkRequest, Contest, bare_application, json_value
from peers import programs, starts

PLAIN = b"text/plain; charset=utf-8"
DOCUMENT = json.dumps({"name": "vega", "tags": ["star", "blue"], "magnitude": 0.03, "visible": True}).encode()
OF_DOCUMENT = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(DOCUMENT)))
_encode = json.JSONEncoder(separators=(",", ":")).encode

# The client stays, since Quart reads on after the body until the client leaves.
REQUESTS = {
    "plaintext": BenchmarkRequest("/", expected=b"Hello, world!", client_stays=True),
    "path parameter": BenchmarkRequest("/users/vega", expected=b"vega", client_stays=True),
    "two parameters": BenchmarkRequest("/stars/vega/planets/b", expected=b"vega b", client_stays=True),
    "query": BenchmarkRequest("/query", query=b"name=vega&page=2", expected=b"vega", client_stays=True),
    "JSON body": BenchmarkRequest(
        "/named", "POST", headers=OF_DOCUMENT, bodies=(DOCUMENT,), expected=b"vega", client_stays=True
    ),
}


async def _bare_json(scope: Any, receive: Any, send: Any) -> None:
    """Encode and send what the others do, by an encoder that is made once."""
    body = _encode({"hello": "world"}).encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield a contest for each route."""
    peers = programs("application")
    for name, request in REQUESTS.items():
        yield (
            name,
            Contest(request, {BARE: bare_application(request.expected or b"", PLAIN), **peers}, start=starts(peers)),
        )
    yield (
        "JSON",
        Contest(BenchmarkRequest("/json", client_stays=True), {BARE: _bare_json, **peers}, json_value, starts(peers)),
    )
