"""Forms mean the same here as in Werkzeug, Django and multipart, or the difference cites its specification."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from armillary.http import FormError, Request, UploadFile

pytest.importorskip("werkzeug", reason="the form parsers to compare with are not installed")
pytest.importorskip("django", reason="the form parsers to compare with are not installed")
pytest.importorskip("multipart", reason="the form parsers to compare with are not installed")

import django.conf
import django.core.files.uploadhandler
import django.http.multipartparser
import multipart
import werkzeug.formparser

if not django.conf.settings.configured:
    django.conf.settings.configure(DEFAULT_CHARSET="utf-8")


class UntimedRequest(Request):
    """A request that needs no event loop, since it waits for nothing."""

    body_idle_timeout = None


Form: TypeAlias = "tuple[list[tuple[str, str]], list[tuple[str, str, bytes]]] | None"
"""Fields and files, each in the order sent within its name; None for a form that is rejected."""

MULTIPART = "multipart/form-data; boundary=B"
URLENCODED = "application/x-www-form-urlencoded"


def by_armillary(content_type: str, body: bytes) -> Form:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop()

    async def read() -> Form:
        request = UntimedRequest({"type": "http", "headers": [(b"content-type", content_type.encode())]}, receive)
        async with request.form() as form:
            fields, files = [], []
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.append((name, value.filename or "", await value.read()))
                else:
                    fields.append((name, value))
            return sorted_form(fields, files)

    return run(read())


def run(coroutine: Any) -> Form:
    """Run a coroutine that waits for nothing: small forms are read without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    except FormError:
        return None
    raise AssertionError("a small form went to disk")


def sorted_form(fields: list[tuple[str, str]], files: list[tuple[str, str, bytes]]) -> Form:
    return sorted(fields, key=lambda item: item[0]), sorted(files, key=lambda item: item[0])


def by_werkzeug(content_type: str, body: bytes) -> Form:
    environ = {
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": content_type,
        "REQUEST_METHOD": "POST",
    }
    try:
        _, form, files = werkzeug.formparser.parse_form_data(environ, silent=False)
    except Exception:
        return None
    read = [(name, file.filename or "", file.read()) for name, file in files.items(multi=True)]
    for _, file in files.items(multi=True):
        file.close()
    return sorted_form(list(form.items(multi=True)), read)


def by_django(content_type: str, body: bytes) -> Form:
    if content_type == URLENCODED:
        query = django.http.QueryDict(body, encoding="utf-8")
        return sorted_form([(name, value) for name, values in query.lists() for value in values], [])
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    handlers = [django.core.files.uploadhandler.MemoryFileUploadHandler()]
    handlers[0].handle_raw_input(io.BytesIO(body), meta, len(body), None, None)
    try:
        post, files = django.http.multipartparser.MultiPartParser(meta, io.BytesIO(body), handlers, "utf-8").parse()
    except Exception:
        return None
    return sorted_form(
        [(name, value) for name, values in post.lists() for value in values],
        [(name, file.name, file.read()) for name, values in files.lists() for file in values],
    )


def by_multipart(content_type: str, body: bytes) -> Form:
    environ = {
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": content_type,
        "REQUEST_METHOD": "POST",
    }
    try:
        form, files = multipart.parse_form_data(environ, strict=True)
    except Exception:
        return None
    read = [(name, file.filename or "", file.raw) for name, file in files.iterallitems()]
    for _, file in files.iterallitems():
        file.close()
    return sorted_form(list(form.iterallitems()), read)


OTHERS = {"werkzeug": by_werkzeug, "django": by_django, "multipart": by_multipart}


def part(disposition: str, content: bytes = b"x", headers: bytes = b"") -> bytes:
    return b"--B\r\nContent-Disposition: " + disposition.encode() + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


END = b"--B--\r\n"
FIELD = part('form-data; name="a"')
FILE = part('form-data; name="f"; filename="f.txt"', b"data", b"Content-Type: text/plain\r\n")

CORPUS: dict[str, tuple[str, bytes]] = {
    "empty urlencoded": (URLENCODED, b""),
    "urlencoded fields": (URLENCODED, b"a=1&b=2&a=3"),
    "urlencoded empty fields": (URLENCODED, b"&&a=&=b&c&"),
    "urlencoded semicolon": (URLENCODED, b"a=1;b=2"),
    "urlencoded escapes": (URLENCODED, b"a+b=c%20d%2B&%C3%A9=%E2%82%AC"),
    "urlencoded broken escapes": (URLENCODED, b"a=%zz&b=%2&c=%"),
    "urlencoded bad utf-8": (URLENCODED, b"a=%ff%C3"),
    "urlencoded equals signs": (URLENCODED, b"a==b=&c=d=e"),
    "urlencoded control characters": (URLENCODED, b"a=%00%0D%0A"),
    "one field": (MULTIPART, FIELD + END),
    "fields and files": (MULTIPART, FIELD + FILE + FIELD + FILE + END),
    "empty content": (MULTIPART, part('form-data; name="a"', b"") + END),
    "empty file": (MULTIPART, part('form-data; name="f"; filename="f.txt"', b"") + END),
    "no final line break": (MULTIPART, FIELD + b"--B--"),
    "preamble": (MULTIPART, b"This is MIME.\r\n" + FIELD + END),
    "epilogue": (MULTIPART, FIELD + END + b"epilogue"),
    "padding after the boundary": (MULTIPART, FIELD + b"--B  \r\n" + FIELD[5:] + END),
    "utf-8 names": (MULTIPART, part('form-data; name="é"; filename="ü.txt"') + END),
    "utf-8 content": (MULTIPART, part('form-data; name="a"', "é€".encode()) + END),
    "bad utf-8 content": (MULTIPART, part('form-data; name="a"', b"\xff") + END),
    "boundary in content": (MULTIPART, part('form-data; name="a"', b"--B\r\n-\r\n--C\r\n") + END),
    "boundary within a line": (MULTIPART, part('form-data; name="a"', b"x--B") + END),
    "line breaks in content": (MULTIPART, part('form-data; name="a"', b"\r\n\r\n\r") + END),
    "unquoted parameters": (MULTIPART, part("form-data; name=a; filename=f.txt") + END),
    "parameters the other way round": (MULTIPART, part('form-data; filename="f.txt"; name="a"') + END),
    "semicolon in a name": (MULTIPART, part('form-data; name="a;b"') + END),
    "header case": (MULTIPART, FIELD.replace(b"Content-Disposition", b"CONTENT-disposition") + END),
    "path in the file name": (MULTIPART, part('form-data; name="f"; filename="../dir/f.txt"') + END),
    "backslashes in the file name": (MULTIPART, part('form-data; name="f"; filename="C:\\dir\\f.txt"') + END),
    "empty file name": (MULTIPART, part('form-data; name="f"; filename=""') + END),
    "extended file name": (MULTIPART, part("form-data; name=\"f\"; filename*=utf-8''f.txt") + END),
    "transfer encoding": (
        MULTIPART,
        part('form-data; name="a"', b"eA==", b"Content-Transfer-Encoding: base64\r\n") + END,
    ),
    "no name": (MULTIPART, part("form-data") + END),
    "no disposition": (MULTIPART, b"--B\r\nX: y\r\n\r\nx\r\n" + END),
    "no closing boundary": (MULTIPART, FIELD),
    "nothing at all": (MULTIPART, b""),
    "no boundary": ("multipart/form-data", FIELD + END),
    "quoted boundary": ('multipart/form-data; boundary="B"', FIELD + END),
}

CLOSING = "RFC 2046 section 5.1.1: a multipart body ends with a closing boundary; without one it was cut off"
NAME = "RFC 7578 section 4.2: each part must have a Content-Disposition with a name"
PATH = "RFC 7578 section 4.2: path information in a file name is not to be used"
EXTENDED = "RFC 7578 section 4.2: filename* must not be used in forms, so it names no file"

BEGINS = "RFC 2046 section 5.1.1: content cannot begin with the boundary; rejected here"
IS_FILE = "RFC 7578 section 4.2: a part with a filename parameter is a file, named or not"

DIFFERENCES: dict[tuple[str, str], str] = {
    ("urlencoded bad utf-8", "werkzeug"): "WHATWG URL section 5.1: decoded as UTF-8 without BOM, so U+FFFD",
    ("boundary in content", "django"): BEGINS,
    ("boundary within a line", "django"): "RFC 2046 section 5.1.1: a boundary is at the beginning of a line",
    ("path in the file name", "werkzeug"): PATH,
    ("backslashes in the file name", "werkzeug"): PATH,
    ("empty file name", "django"): IS_FILE,
    ("extended file name", "werkzeug"): EXTENDED,
    ("extended file name", "django"): EXTENDED,
    ("transfer encoding", "django"): "RFC 7578 section 4.7: Content-Transfer-Encoding is deprecated and not decoded",
    ("no name", "werkzeug"): NAME,
    ("no name", "django"): NAME,
    ("no disposition", "django"): NAME,
    ("no closing boundary", "django"): CLOSING,
    ("nothing at all", "django"): CLOSING,
    ("urlencoded empty fields", "multipart"): "WHATWG URL section 5.1: what begins with = has an empty name",
    ("padding after the boundary", "multipart"): "RFC 2046 section 5.1.1: padding may follow a boundary",
    ("bad utf-8 content", "multipart"): "Fetch, formData() of a body: decoded as UTF-8 without BOM, so U+FFFD",
    ("boundary in content", "multipart"): BEGINS,
    ("path in the file name", "multipart"): PATH,
    ("empty file name", "multipart"): IS_FILE,
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("case", CORPUS)
def test_the_same_form_is_read(case: str, other: str) -> None:
    ours, theirs = by_armillary(*CORPUS[case]), OTHERS[other](*CORPUS[case])
    if (case, other) in DIFFERENCES:
        assert ours != theirs, f"they agree by now; the recorded difference is: {DIFFERENCES[case, other]}"
    else:
        assert ours == theirs


names = st.text(st.sampled_from("abcé /;,:.=&%+-_"), min_size=1, max_size=8).filter(lambda name: name == name.strip())
texts = st.text(max_size=20).filter(lambda text: text.isprintable())


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, texts), max_size=5))
def test_urlencoded_forms_of_any_text_agree(fields: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    body = urlencode(fields).encode()
    expected = sorted_form(fields, [])
    assert by_armillary(URLENCODED, body) == by_werkzeug(URLENCODED, body) == by_django(URLENCODED, body) == expected
    assert by_multipart(URLENCODED, body) == expected


file_names = st.text(st.sampled_from("abcé.-_"), min_size=1, max_size=8).filter(lambda name: name.strip(".") == name)
data = st.lists(st.sampled_from([b"x", b"\r\n", b"--", b"\x00", b"B"]), max_size=12).map(b"".join)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), file_names, data), max_size=4))
def test_files_of_any_bytes_agree(files: list[tuple[str, str, bytes]]) -> None:
    files = [file for file in files if b"--B" not in file[2]]
    body = b"".join(
        part(f'form-data; name="{name}"; filename="{filename}"', content) for name, filename, content in files
    )
    expected = sorted_form([], files)
    for read in (by_armillary, *OTHERS.values()):
        assert read(MULTIPART, body + END) == expected
