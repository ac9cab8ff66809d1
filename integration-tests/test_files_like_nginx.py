"""Conditional and range requests get the same responses as from nginx, or the RFC allows the difference."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from testkit import NginxServer

MODIFIED = 1_400_000_000
AT = "Tue, 13 May 2014 16:53:20 GMT"
BEFORE = "Tue, 13 May 2014 16:53:19 GMT"
AFTER = "Tue, 13 May 2014 16:53:21 GMT"
CONTENT = bytes(range(97, 123)) * 40  # 1040 bytes
OTHER = '"other"'

CONFIGURATION = """
    default_type application/octet-stream;
    types {{ text/plain txt; text/css css; }}
    gzip_static on;
    gzip_vary on;
    server {{ listen 127.0.0.1:{port}; root {root}/site; if_modified_since before; }}
"""


class Case(NamedTuple):
    """A request; `{etag}` in a header is replaced by the entity tag the server gave."""

    headers: dict[str, str]
    method: str = "GET"
    path: str = "/letters.txt"


class ComparedResponse(NamedTuple):
    """The parts of a response that are compared."""

    status: int
    length: str | None
    content_range: str | None
    coding: str | None
    body: bytes


def ranged(value: str, **headers: str) -> Case:
    return Case({"Range": value, **{name.replace("_", "-"): text for name, text in headers.items()}})


CASES = {
    # No condition.
    "plain": Case({}),
    "plain HEAD": Case({}, "HEAD"),
    "empty file": Case({}, path="/empty.txt"),
    "missing": Case({}, path="/nothing.txt"),
    "missing with a condition": Case({"If-None-Match": "*"}, path="/nothing.txt"),
    # If-None-Match (RFC 9110 section 13.1.2).
    "own tag": Case({"If-None-Match": "{etag}"}),
    "own tag HEAD": Case({"If-None-Match": "{etag}"}, "HEAD"),
    "own tag, weak": Case({"If-None-Match": "W/{etag}"}),
    "other tag": Case({"If-None-Match": OTHER}),
    "own tag in a list": Case({"If-None-Match": '"x", {etag}, "y"'}),
    "own tag in a list without spaces": Case({"If-None-Match": '"x",{etag},"y"'}),
    "list of others": Case({"If-None-Match": '"x", "y"'}),
    "any tag": Case({"If-None-Match": "*"}),
    "tag with a comma in it": Case({"If-None-Match": '"a,b", {etag}'}),
    "tag without quotes": Case({"If-None-Match": "other"}),
    "empty list of tags": Case({"If-None-Match": ""}),
    # If-Modified-Since (13.1.3).
    "since its date": Case({"If-Modified-Since": AT}),
    "since its date HEAD": Case({"If-Modified-Since": AT}, "HEAD"),
    "since later": Case({"If-Modified-Since": AFTER}),
    "since before": Case({"If-Modified-Since": BEFORE}),
    "since nonsense": Case({"If-Modified-Since": "yesterday"}),
    "since its date, RFC 850": Case({"If-Modified-Since": "Tuesday, 13-May-14 16:53:20 GMT"}),
    "since its date, asctime": Case({"If-Modified-Since": "Tue May 13 16:53:20 2014"}),
    "other tag and later date": Case({"If-None-Match": OTHER, "If-Modified-Since": AFTER}),
    "own tag and earlier date": Case({"If-None-Match": "{etag}", "If-Modified-Since": BEFORE}),
    # If-Match (13.1.1).
    "must be own": Case({"If-Match": "{etag}"}),
    "must be other": Case({"If-Match": OTHER}),
    "must be one of a list": Case({"If-Match": '"x", {etag}'}),
    "must be any": Case({"If-Match": "*"}),
    "must be own, weak": Case({"If-Match": "W/{etag}"}),
    "must be other HEAD": Case({"If-Match": OTHER}, "HEAD"),
    # If-Unmodified-Since (13.1.4).
    "unmodified since its date": Case({"If-Unmodified-Since": AT}),
    "unmodified since later": Case({"If-Unmodified-Since": AFTER}),
    "unmodified since before": Case({"If-Unmodified-Since": BEFORE}),
    "unmodified since nonsense": Case({"If-Unmodified-Since": "yesterday"}),
    "must be own, unmodified since before": Case({"If-Match": "{etag}", "If-Unmodified-Since": BEFORE}),
    "must be other, and own tag": Case({"If-Match": OTHER, "If-None-Match": "{etag}"}),
    "must be own, and own tag": Case({"If-Match": "{etag}", "If-None-Match": "{etag}"}),
    # Range (14.2).
    "first five": ranged("bytes=0-4"),
    "first five HEAD": Case({"Range": "bytes=0-4"}, "HEAD"),
    "one byte": ranged("bytes=0-0"),
    "last five": ranged("bytes=-5"),
    "from the middle": ranged("bytes=1000-"),
    "end behind the end": ranged("bytes=1030-2000"),
    "suffix longer than the file": ranged("bytes=-5000"),
    "all of it": ranged("bytes=0-1039"),
    "behind the end": ranged("bytes=1040-"),
    "suffix of nothing": ranged("bytes=-0"),
    "end before start": ranged("bytes=5-1"),
    "other unit": ranged("lines=0-4"),
    "unit in capitals": ranged("BYTES=0-4"),
    "no range": ranged("bytes="),
    "nonsense": ranged("bytes=a-b"),
    "spaces": ranged("bytes= 0-4 , 10-12"),
    "two ranges": ranged("bytes=0-1,10-11"),
    "two ranges that overlap": ranged("bytes=0-9,5-14"),
    "two ranges, one behind the end": ranged("bytes=0-1,5000-"),
    "two ranges, both behind the end": ranged("bytes=4000-4001,5000-"),
    "number beyond 64 bits": ranged("bytes=0-99999999999999999999999"),
    "range of an empty file": Case({"Range": "bytes=0-4"}, path="/empty.txt"),
    "range of a missing file": Case({"Range": "bytes=0-4"}, path="/nothing.txt"),
    # If-Range (13.1.5) and precedence (13.2.2).
    "range if own tag": ranged("bytes=0-4", If_Range="{etag}"),
    "range if other tag": ranged("bytes=0-4", If_Range=OTHER),
    "range if own tag, weak": ranged("bytes=0-4", If_Range="W/{etag}"),
    "range if its date": ranged("bytes=0-4", If_Range=AT),
    "range if later date": ranged("bytes=0-4", If_Range=AFTER),
    "range and own tag": ranged("bytes=0-4", If_None_Match="{etag}"),
    "range and other required": ranged("bytes=0-4", If_Match=OTHER),
    # Content coding (12.5.3).
    "coded": Case({"Accept-Encoding": "gzip"}, path="/style.css"),
    "coded, own tag": Case({"Accept-Encoding": "gzip", "If-None-Match": "{etag}"}, path="/style.css"),
    "coded, range": Case({"Accept-Encoding": "gzip", "Range": "bytes=0-1"}, path="/style.css"),
    "coding rejected": Case({"Accept-Encoding": "gzip;q=0"}, path="/style.css"),
    "coding not named": Case({"Accept-Encoding": "identity"}, path="/style.css"),
}

DIFFERENCES = {
    "own tag and earlier date": "RFC 9110 section 13.1.3: If-Modified-Since is ignored if there is If-None-Match",
    "unmodified since nonsense": "RFC 9110 section 13.1.4: a field that is no HTTP date is ignored",
    "must be own, unmodified since before": "RFC 9110 section 13.1.4: it is ignored if there is If-Match",
    "end before start": "RFC 9110 section 14.2: an invalid ranges-specifier may be ignored or rejected",
    "nonsense": "RFC 9110 section 14.2: an invalid ranges-specifier may be ignored or rejected",
    "two ranges that overlap": "RFC 9110 section 15.3.7.2: ranges that overlap may be coalesced",
    "number beyond 64 bits": "RFC 9110 section 14.1.2: a last-pos behind the end means the end",
    "range of an empty file": "RFC 9110 section 14.1.2: a first-pos that is not below the length is unsatisfiable",
    "coded, range": "RFC 9110 section 14.2: a server may ignore Range, as nginx does for files compressed beforehand",
}
"""Cases with another response than from nginx, with the clause that says why."""


class Peer:
    """A server on a port of the loopback interface."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.etags: dict[tuple[str, str], str] = {}

    def request(self, case: Case) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(case.method, case.path, headers=case.headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def etag(self, case: Case) -> str:
        accepted = case.headers.get("Accept-Encoding", "")
        key = (case.path, accepted)
        if key not in self.etags:
            response, _ = self.request(Case({"Accept-Encoding": accepted} if accepted else {}, path=case.path))
            self.etags[key] = response.getheader("etag") or '"none"'
        return self.etags[key]

    def response_to(self, case: Case) -> ComparedResponse:
        headers = {name: value.replace("{etag}", self.etag(case)) for name, value in case.headers.items()}
        response, body = self.request(case._replace(headers=headers))
        return comparable(response, body)


def comparable(response: Any, body: bytes) -> ComparedResponse:
    status: int = response.status
    if status >= 400:  # the sentence in an error is each server's own
        return ComparedResponse(status, None, response.getheader("content-range"), None, b"")
    content_type = response.getheader("content-type") or ""
    length = None if status == 304 else response.getheader("content-length")
    if content_type.startswith("multipart/byteranges"):
        body, length = parts_of(body, content_type), None
    return ComparedResponse(
        status, length, response.getheader("content-range"), response.getheader("content-encoding"), body
    )


def parts_of(body: bytes, content_type: str) -> bytes:
    """Return the ranges and contents of a multipart body, without what a sender is free to choose."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = []
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        found = re.search(rb"(?im)^content-range: *(.*?)\r?$", head)
        parts.append((found[1] if found else b"?") + b" " + content)
    return b"|".join(parts)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("nginx")
    directory.chmod(0o755)
    site = directory / "site"
    site.mkdir()
    sheet = b"body { color: red }\n" * 30
    files = {
        "letters.txt": CONTENT,
        "empty.txt": b"",
        "style.css": sheet,
        "style.css.gz": gzip.compress(sheet, mtime=0),
    }
    for name, content in files.items():
        (site / name).write_bytes(content)
        os.utime(site / name, (MODIFIED, MODIFIED))
    return directory


@pytest.fixture(scope="module")
def nginx(root: Path) -> Iterator[Peer]:
    server = NginxServer(root)
    server.http = CONFIGURATION.format(root=root, port=server.port)
    with server:
        yield Peer(server.port)


@pytest.fixture(scope="module")
def ours(root: Path, serve: Callable[..., Any]) -> Peer:
    server = serve("uvicorn-websockets", "files_story:app", FILES_DIRECTORY=str(root / "site"))
    return Peer(server.port)


def test_table_holds_at_least_sixty_requests() -> None:
    assert len(CASES) >= 60
    assert set(DIFFERENCES) <= set(CASES)
    assert all(re.match(r"RFC 9110 section \d+(\.\d+)*: ", reason) for reason in DIFFERENCES.values())


@pytest.mark.parametrize("name", CASES)
def test_response_is_that_of_nginx(name: str, nginx: Peer, ours: Peer) -> None:
    case = CASES[name]
    theirs, own = nginx.response_to(case), ours.response_to(case)
    if name in DIFFERENCES:
        assert own != theirs, "the responses agree; the difference no longer needs an explanation"
    else:
        assert own == theirs


def test_dates_and_variation_agree(nginx: Peer, ours: Peer) -> None:
    cases = [Case({}, path="/style.css"), Case({"Accept-Encoding": "gzip"}, path="/style.css")]
    for case in cases:
        responses = [peer.request(case)[0] for peer in (nginx, ours)]
        for name in ("last-modified", "vary"):
            values = [(response.getheader(name) or "").lower() for response in responses]
            assert values[0] == values[1] != "", (case, name)


def test_text_without_a_sibling_varies_too(nginx: Peer, ours: Peer) -> None:
    # RFC 9110 section 12.5.5: Vary says that a later choice may depend on the field. A sibling that
    # is written after a response was cached must reach the clients that accept it.
    assert ours.request(Case({}))[0].getheader("vary") == "accept-encoding"
    assert nginx.request(Case({}))[0].getheader("vary") is None
