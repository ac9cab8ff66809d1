"""Headers as others send them: in capitals, repeated, and by the thousand.

Every public middleware, found by walking the packages, and every response class of `armillary.http`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
import testkit

import armillary.http
from armillary.asgi_types import ClientDisconnect, HTTPException
from armillary.http import Response

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "integration-tests" / "frameworks"))

from public_middleware import MIDDLEWARE, around  # noqa: E402

FIELDS = (  # noqa: SIM905
    "accept access-control age allow authorization baggage cache-control connection content- cookie "
    "cross-origin- date etag expect expires forwarded host idempotency if- keep-alive last- link location "
    "origin permissions-policy proxy- range ratelimit referer referrer retry-after sec- server-timing "
    "set-cookie te traceparent tracestate trailer transfer-encoding upgrade user-agent vary www-authenticate "
    "x- "
).split()
"""How the names of header fields begin; what ends with a hyphen begins many."""


@cache
def header_names() -> list[str]:
    """Return the names of header fields that occur in the sources of any package."""
    found: set[str] = set()
    for source in ROOT.glob("packages/*/src/**/*.py"):
        if "_bootstrap" in source.parts:
            continue
        for node in ast.walk(ast.parse(source.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
                if is_header_name(text.lower()):
                    found.add(text.lower())
    return sorted(found)


def is_header_name(text: str) -> bool:
    if not text.replace("-", "").isalnum() or not text.isascii() or text.endswith("-"):
        return False
    return any(text == field or text.startswith(f"{field.rstrip('-')}-") for field in FIELDS)


def test_the_names_of_headers_are_found_in_the_sources() -> None:
    expected = {
        "accept-encoding",
        "cookie",
        "if-none-match",
        "vary",
        "x-forwarded-for",
        "sec-fetch-site",
        "x-request-id",
    }
    assert expected <= set(header_names())


# --- growth ----------------------------------------------------------------------------------

FEW, MANY = 16, 256
"""Lines of one header; the second is 16 times the first."""


class CountedBytes(bytes):
    """A header value that counts how much is copied where it is added to something."""

    copied = 0

    def __add__(self, other: Any) -> Any:
        CountedBytes.copied += len(self) + len(other)
        return CountedBytes(bytes(self) + other)

    def __radd__(self, other: Any) -> Any:
        CountedBytes.copied += len(self) + len(other)
        return CountedBytes(other + bytes(self))

    def decode(self, *args: Any, **kwargs: Any) -> Any:
        return CountedText(bytes(self).decode(*args, **kwargs))


class CountedText(str):
    """The same, decoded."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        CountedBytes.copied += len(self) + len(other)
        return CountedText(str(self) + other)

    def __radd__(self, other: Any) -> Any:
        CountedBytes.copied += len(self) + len(other)
        return CountedText(other + str(self))


def work(app: Any, headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Return the lines of Python that one request executes, and the bytes that are copied."""

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    async def run() -> None:
        scope = testkit.http_scope(headers=headers)
        with suppress(HTTPException, ClientDisconnect):  # that it is rejected is no concern here
            await app(scope, receive, send)

    CountedBytes.copied = 0
    lines = testkit.count_lines(lambda: anyio.run(run))
    return lines, CountedBytes.copied


def check_growth(make: Callable[[list[tuple[bytes, bytes]]], Any], name: str, as_request: bool) -> None:
    def lines_of(count: int) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), CountedBytes(b"a%d;q=0.5" % number)) for number in range(count)]

    def measure(count: int) -> tuple[int, int]:
        lines = lines_of(count)
        return work(make([]), lines) if as_request else work(make(lines), [])

    few_lines, few_bytes = measure(FEW)
    many_lines, many_bytes = measure(MANY)
    sent = sum(len(value) for _, value in lines_of(FEW))
    assert many_lines <= 24 * few_lines, f"{name}: {few_lines} and {many_lines} lines of Python"
    assert many_bytes <= 24 * max(few_bytes, sent), f"{name}: {few_bytes} and {many_bytes} copied bytes"


def responding(headers: list[tuple[bytes, bytes]]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"a" * 600})

    return app


@pytest.mark.parametrize("name", sorted(MIDDLEWARE))
@pytest.mark.parametrize("side", ["request", "response"])
def test_sixteen_times_the_lines_of_any_header_are_at_most_24_times_the_work_of_a_middleware(
    name: str, side: str
) -> None:
    around(name, responding([]))
    for header in header_names():
        check_growth(lambda headers: around(name, responding(headers)), header, as_request=side == "request")


async def parts() -> Any:
    yield b"a"


RESPONSE_ARGUMENTS: dict[str, Any] = {
    "EventSourceResponse": (parts(),),
    "FileResponse": (__file__,),
    "JSONLinesResponse": ([{"a": 1}],),
    "ProblemResponse": (400,),
    "RedirectResponse": ("/",),
    "StreamingResponse": ([b"a"],),
}


def response_classes() -> Iterator[str]:
    for name in armillary.http.__all__:
        value = getattr(armillary.http, name)
        if isinstance(value, type) and issubclass(value, Response):
            yield name


@pytest.mark.parametrize("name", sorted(response_classes()))
def test_sixteen_times_the_lines_of_any_header_are_at_most_24_times_the_work_of_a_response(name: str) -> None:
    make = getattr(armillary.http, name)
    for header in header_names():
        check_growth(lambda _: make(*RESPONSE_ARGUMENTS.get(name, ("a",))), header, as_request=True)


# --- capitals --------------------------------------------------------------------------------

OWN = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"vary", b"Cookie"),
    (b"vary", b"Accept-Language"),
    (b"etag", b'"1"'),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"access-control-allow-origin", b"https://own.example"),
    (b"x-request-id", b"own"),
    (b"content-length", b"600"),
]
REQUEST = [
    (b"host", b"testserver"),
    (b"origin", b"https://friend.example"),
    (b"accept-encoding", b"gzip"),
    (b"cookie", b"a=b"),
]
SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "capitals": bytes.upper,
    "title": bytes.title,
    "mixed": lambda name: bytes([byte - 32 if at % 2 and 97 <= byte <= 122 else byte for at, byte in enumerate(name)]),
}


async def sent_headers(app: Any) -> list[tuple[bytes, bytes]]:
    sent = testkit.SentMessages()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = testkit.http_scope(scheme="https", headers=REQUEST)
    await app(scope, testkit.Connection(scope, *testkit.request_messages(), at_end="wait").receive, send)
    assert sent.status == 200
    return [(field.lower(), value) for field, value in sent.raw_headers]


def comparable(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers without what is new in each response: ids, cookies, and what is left of a quota."""
    changing = (b"set-cookie", b"ratelimit", b"date", b"server-timing")
    return sorted((name, b"" if name in changing else value) for name, value in headers)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", sorted(MIDDLEWARE))
def test_capitals_in_the_headers_of_an_application_change_nothing(name: str, spelling: str) -> None:
    spell = SPELLINGS[spelling]
    expected = anyio.run(sent_headers, around(name, responding(OWN)))
    spelled = anyio.run(sent_headers, around(name, responding([(spell(field), value) for field, value in OWN])))
    assert comparable(spelled) == comparable(expected)
    for single in (b"content-length", b"content-encoding", b"etag", b"x-frame-options", b"x-request-id"):
        assert [field for field, _ in spelled].count(single) <= 1


@pytest.fixture(scope="module")
def django() -> Iterator[Any]:
    """A Django application, which sends its headers in capitals."""
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.test import override_settings
    from django.urls import path

    if not settings.configured:
        settings.configure(SECRET_KEY="a key of the tests", DATABASES={}, LOGGING_CONFIG=None)
        django.setup()
    from django.core.asgi import get_asgi_application

    async def page(request: Any) -> Any:
        headers = {"X-Frame-Options": "SAMEORIGIN", "Vary": "Cookie", "ETag": '"1"', "X-Request-ID": "own"}
        return HttpResponse("a" * 600, headers={**headers, "Content-Length": "600"})

    with override_settings(ROOT_URLCONF=(path("", page),), ALLOWED_HOSTS=["*"], MIDDLEWARE=[]):
        yield get_asgi_application()


@pytest.mark.parametrize("name", sorted(MIDDLEWARE))
def test_the_headers_of_django_are_read_as_they_are(name: str, django: Any) -> None:
    headers = anyio.run(sent_headers, around(name, django))
    fields = [field for field, _ in headers]
    for single in (b"content-length", b"content-type", b"etag", b"vary", b"x-frame-options", b"x-request-id"):
        assert fields.count(single) <= 1, headers
    found = dict(headers)
    assert (found[b"x-frame-options"], found[b"x-request-id"]) == (b"SAMEORIGIN", b"own")
    if b"content-encoding" in found:
        assert found[b"content-length"] != b"600"
        assert found[b"etag"] == b'W/"1"'
    assert b"Cookie" in found[b"vary"]
