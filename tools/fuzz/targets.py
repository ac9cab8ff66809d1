"""Every parser of what a client sends, as a function of bytes that raises if something is wrong.

A target lets through what the parser documents (a `ValueError`, an `HTTPException` below 500), and raises whatever else
comes out, and an `AssertionError` for a result that cannot be right. `FUZZ_PLANT=1` gives each a planted bug, so that a
test can see that the fuzzer would find one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from werkzeug.http import parse_cookie

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
from armillary.http import format_content_disposition, parse_http_date, parse_ranges
from armillary.serialization import decode_json, encode_json

from .credential_targets import authorization, csrf_token, idempotency_key, session_cookie
from .form_targets import multipart, multipart_like_others, urlencoded
from .graphql_targets import graphql
from .router_target import router
from .support import plant


def cookies(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_cookies(text)
    assert parsed == dict(one_cookie_after_the_other(text))
    if data.isascii() and text.isprintable() and '"' not in text and all(map(_is_plain_cookie, text.split(";"))):
        theirs = dict(parse_cookie(text).items(multi=True))
        assert {name: value for name, value in parsed.items() if name} == theirs  # which knows no nameless one
    plant(len(parsed) > 2)


def _is_plain_cookie(pair: str) -> bool:
    """Return whether Werkzeug reads a cookie; it drops those with a space in their names or values."""
    name, equals, value = pair.partition("=")
    return bool(equals) and " " not in name.strip(" ") and " " not in value.strip(" ")


def one_cookie_after_the_other(text: str) -> Iterator[tuple[str, str]]:
    """RFC 6265bis section 5.8.3 read backwards, and the escapes of `http.cookies` one character after the other."""
    for pair in text.split(";"):
        name, value = pair.split("=", 1) if "=" in pair else ("", pair)
        name, value = name.strip(" \t"), value.strip(" \t")
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = re.sub(r"\\([0-3][0-7]{2}|.|$)", _unescaped, value[1:-1], flags=re.DOTALL)
        if name or pair.strip(" \t=") or value:
            yield name, value


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 8)) if len(escape[1]) == 3 else escape[1] or "\\"


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


TARGETS: dict[str, Callable[[bytes], None]] = {
    "accept": accept,
    "authorization": authorization,
    "cookies": cookies,
    "csrf_token": csrf_token,
    "disposition": disposition,
    "etags": etags,
    "forwarded": forwarded,
    "graphql": graphql,
    "host": host,
    "http_date": http_date,
    "idempotency_key": idempotency_key,
    "json": json_text,
    "media_type": media_type,
    "multipart": multipart,
    "multipart_like_others": multipart_like_others,
    "query": query,
    "ranges": ranges,
    "router": router,
    "session_cookie": session_cookie,
    "url": url,
    "urlencoded": urlencoded,
}
