"""Every parser of what a client sends, as a function of bytes that raises if something is wrong.

A target lets through what the parser documents (a `ValueError`, an `HTTPException` below 500), and raises whatever else
comes out, and an `AssertionError` for a result that cannot be right. `FUZZ_PLANT=1` gives each a planted bug, so that a
test can see that the fuzzer would find one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Coroutine
from typing import Any

from armillary.asgi_types import HTTPException
from armillary.datastructures import (
    URL,
    parse_accept,
    parse_cookies,
    parse_etags,
    parse_forwarded,
    parse_host,
    parse_media_type,
    parse_query,
)
from armillary.http import Request, format_content_disposition, parse_http_date, parse_ranges
from armillary.serialization import decode_json, encode_json

PLANTED = os.environ.get("FUZZ_PLANT") == "1"


def plant(found: bool) -> None:
    """Fail if something is found that a planted bug stands for."""
    assert not (PLANTED and found), "the planted bug"


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something")


def cookies(data: bytes) -> None:
    parsed = parse_cookies(data.decode("latin-1"))
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in parsed.items())
    assert not any(";" in name or name != name.strip(" \t") for name in parsed)
    plant(len(parsed) > 2)


def query(data: bytes) -> None:
    parsed = parse_query(data.decode("latin-1"))
    assert all("&" not in name or "%26" in data.decode("latin-1") for name, _ in parsed)
    plant(len(parsed) > 2)


def json_text(data: bytes) -> None:
    try:
        value = decode_json(data)
    except (ValueError, RecursionError):
        return
    assert decode_json(encode_json(value)) == value
    if b"\\u" not in data:
        assert json.loads(data) == value
    plant(isinstance(value, list) and len(value) == 2)


def accept(data: bytes) -> None:
    weighted = parse_accept(data.decode("latin-1"))
    weights = [member.q for member in weighted]
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= weight <= 1 for weight in weights)
    plant(len(weights) > 2)


def etags(data: bytes) -> None:
    parsed = parse_etags(data.decode("latin-1"))
    plant("W/" in repr(parsed) and data.count(b",") > 0)


def media_type(data: bytes) -> None:
    kind, parameters = parse_media_type(data.decode("latin-1"))
    assert kind == kind.strip(" \t").lower()
    plant(len(parameters) > 1)


def forwarded(data: bytes) -> None:
    try:
        elements = parse_forwarded(data.decode("latin-1"))
    except ValueError:
        return
    plant(len(elements) > 2)


def host(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_host(text)
    if parsed is not None:
        assert not set(parsed.host) & set("/\\?#@ \t\r\n")
        plant(parsed.port is not None)


def url(data: bytes) -> None:
    head, _, tail = data.partition(b"\n")
    path = head.decode("utf-8", "replace")
    scope = {
        "type": "http",
        "scheme": "http",
        "path": f"/{path}",
        "query_string": b"",
        "headers": [(b"host", tail)],
        "server": ("127.0.0.1", 80),
    }
    made = URL(scope=scope)
    assert made.hostname == "127.0.0.1" or parse_host(tail.decode("latin-1")) is not None
    assert made.username is None
    assert made.password is None
    plant("%" in path and made.port is not None)


def ranges(data: bytes) -> None:
    try:
        found = parse_ranges(data.decode("latin-1"), 1000)
    except (ValueError, HTTPException):
        return
    ends = -1
    for part in found or ():
        assert 0 <= part.start < part.stop <= 1000
        assert part.start > ends
        ends = part.stop
    plant(found is not None and len(found) > 1)


def http_date(data: bytes) -> None:
    plant(parse_http_date(data.decode("latin-1")) is not None)


def disposition(data: bytes) -> None:
    name = data.decode("utf-8", "surrogateescape")
    field = format_content_disposition("attachment", name)
    assert field.isascii()
    assert field.isprintable()
    plant("%0D" in field)


def form_of(pieces: list[bytes], content_type: str) -> Any:
    """Return the items of a form, or the status of its rejection."""
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def read() -> Any:
        headers = [(b"content-type", content_type.encode())]
        request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
        async with request.form() as form:
            items: list[Any] = []
            for name, value in form.multi_items():
                plain = value if isinstance(value, str) else (value.filename, value.content_type, await value.read())
                items.append((name, plain))
            return items

    try:
        return finish(read())
    except HTTPException as exc:
        status = exc.status_code
    assert status < 500
    return status


def _form(data: bytes, content_type: str) -> None:
    """The first byte says where the rest is cut; the result is the same however it is."""
    cut, body = (data[0] if data else 0), data[1:]
    whole = form_of([body], content_type)
    assert form_of([body[:cut], body[cut:]], content_type) == whole
    assert form_of([body[start : start + 1] for start in range(len(body))] or [b""], content_type) == whole
    plant(isinstance(whole, list) and len(whole) > 1)


def multipart(data: bytes) -> None:
    _form(data, "multipart/form-data; boundary=B")


def urlencoded(data: bytes) -> None:
    _form(data, "application/x-www-form-urlencoded")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "accept": accept,
    "cookies": cookies,
    "disposition": disposition,
    "etags": etags,
    "forwarded": forwarded,
    "host": host,
    "http_date": http_date,
    "json": json_text,
    "media_type": media_type,
    "multipart": multipart,
    "query": query,
    "ranges": ranges,
    "url": url,
    "urlencoded": urlencoded,
}
