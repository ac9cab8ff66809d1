"""Forms: the same however a body is cut, and what Werkzeug, Django and multipart read where all accept it."""

from __future__ import annotations

import io
import re
from typing import Any

import django.conf
import django.core.files.uploadhandler
import django.http.multipartparser
import multipart as multipart_parser
import werkzeug.formparser

from armillary.asgi_types import HTTPException
from armillary.http import Request

from .references import form_pairs
from .support import finish

if not django.conf.settings.configured:
    django.conf.settings.configure(DEFAULT_CHARSET="utf-8", DATA_UPLOAD_MAX_NUMBER_FILES=None)

CONTENT_TYPE = "multipart/form-data; boundary=B"
BYTEWISE = 160  # bytes of the longest body that is also fed one byte at a time


class UntimedRequest(Request):
    """A request that needs no event loop, since it waits for nothing."""

    body_idle_timeout = None


def form_of(pieces: list[bytes], content_type: bytes) -> Any:
    """Return the items of a form, or the status of its rejection."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b""})
    messages.reverse()

    async def receive() -> Any:
        return messages.pop()

    async def read() -> Any:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", content_type)]}
        async with UntimedRequest(scope, receive).form() as form:
            return [
                (name, value if isinstance(value, str) else (value.filename, value.content_type, await value.read()))
                for name, value in form.multi_items()
            ]

    try:
        return finish(read())
    except HTTPException as exc:
        status = exc.status_code
    assert status < 500
    return status


def read_at_splits(data: bytes, content_type: bytes) -> tuple[bytes, Any]:
    """Return the body and its form; the first two bytes say where the body is cut."""
    cut, body = int.from_bytes(data[:2], "little"), data[2:]
    whole = form_of([body], content_type)
    cut %= len(body) + 1
    assert form_of([body[:cut], body[cut:]], content_type) == whole
    if len(body) <= BYTEWISE:
        assert form_of([body[start : start + 1] for start in range(len(body))], content_type) == whole
    return body, whole


def fuzz_multipart(data: bytes) -> None:
    read_at_splits(data, CONTENT_TYPE.encode())


def fuzz_multipart_like_others(data: bytes) -> None:
    """Parts made of the bytes, so that all accept them: their contents are what the others read."""
    parts = [re.sub(b"-+-B", b"-B", part) for part in data.split(b"\xff")]
    named = 'Content-Disposition: form-data; name="{}"; filename="f"\r\n\r\n'
    body = b"".join(b"--B\r\n" + named.format(index).encode() + part + b"\r\n" for index, part in enumerate(parts))
    body += b"--B--\r\n"
    ours = [(name, value[2]) for name, value in form_of([body], CONTENT_TYPE.encode())]
    assert [content for _, content in ours] == parts
    for read in (read_by_werkzeug, read_by_django, read_by_multipart):
        assert read(body) == ours, read.__name__


def read_by_werkzeug(body: bytes) -> list[tuple[str, bytes]]:
    _, _, files = werkzeug.formparser.parse_form_data(environ_of(body), silent=False)
    return [(name, _content(file)) for name, file in files.items(multi=True)]


def read_by_django(body: bytes) -> list[tuple[str, bytes]]:
    meta = {"CONTENT_TYPE": CONTENT_TYPE, "CONTENT_LENGTH": str(len(body))}
    handler = django.core.files.uploadhandler.MemoryFileUploadHandler()
    handler.handle_raw_input(io.BytesIO(body), meta, len(body), None, None)
    parser = django.http.multipartparser.MultiPartParser(meta, io.BytesIO(body), [handler], "utf-8")
    _, files = parser.parse()
    return [(name, file.read()) for name, values in files.lists() for file in values]


def read_by_multipart(body: bytes) -> list[tuple[str, bytes]]:
    _, files = multipart_parser.parse_form_data(environ_of(body), strict=True, part_limit=1000)
    return [(name, _content(part.file)) for name, part in files.iterallitems()]


def environ_of(body: bytes) -> dict[str, Any]:
    return {
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": CONTENT_TYPE,
        "REQUEST_METHOD": "POST",
        "wsgi.input": io.BytesIO(body),
    }


def _content(file: Any) -> bytes:
    content: bytes = file.read()
    file.close()
    return content


def fuzz_urlencoded(data: bytes) -> None:
    body, items = read_at_splits(data, b"application/x-www-form-urlencoded")
    if isinstance(items, list):
        assert items == form_pairs(body)
