"""The response to a request for a file, decided without touching the file."""

import os
from collections.abc import Sequence
from io import FileIO
from typing import NamedTuple, Protocol

from armillary.exchange import BODILESS_STATUSES

from .._content_type import RawHeader, content_length
from ._range import ByteRange

# Headers of the content, which a 304, 400, 412 or 416 does not carry.
_CONTENT_FIELDS = frozenset(
    (b"content-length", b"content-type", b"content-range", b"content-encoding", b"content-disposition")
)


class FileReader(Protocol):
    """A file being sent."""

    async def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; none at the end of the file."""
        ...

    def close(self) -> None:
        """Close the file, without blocking."""
        ...


class FilePart(NamedTuple):
    """A range of the file, and what is sent before and after it."""

    span: ByteRange
    before: bytes = b""
    after: bytes = b""


class FilePlan(NamedTuple):
    """Status, headers and the parts of the file; `closing` ends the body, or is all of it."""

    status: int
    headers: list[RawHeader]
    parts: Sequence[FilePart] = ()
    closing: bytes = b""

    @property
    def needs_file(self) -> bool:
        """Whether any byte of the file is sent."""
        return any(part.span.stop > part.span.start for part in self.parts)


class FileDelivery(NamedTuple):
    """A plan with the source of its bytes.

    Attributes:
        plan: what to send.
        file: where to read them; None if `first` or `path` is all.
        first: bytes already read, from the start of the first part.
        path: the absolute path for the server to send.
        zero_copy: the file object for the server to send from.
    """

    plan: FilePlan
    file: FileReader | None = None
    first: bytes = b""
    path: str | None = None
    zero_copy: FileIO | None = None


def find_header(headers: list[RawHeader], name: bytes) -> str | None:
    """Return the value of the first header of this name."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def without_body(plan: FilePlan, method: str, *, by_status: bool = True) -> FilePlan:
    """Return the plan without parts for a HEAD, or `by_status` for a 204 or a 304, else unchanged."""
    if by_status and plan.status in BODILESS_STATUSES:
        return FilePlan(plan.status, [pair for pair in plan.headers if pair[0] != b"content-length"])
    return FilePlan(plan.status, plan.headers) if method == "HEAD" else plan


def plan_without_file(
    status: int, headers: list[RawHeader], body: bytes = b"", extra: Sequence[RawHeader] = ()
) -> FilePlan:
    """Return a plan that sends nothing of the file: a 304, 400, 412 or 416."""
    kept = [*extra, *(pair for pair in headers if pair[0] not in _CONTENT_FIELDS)]
    if status not in BODILESS_STATUSES:
        kept.insert(0, content_length(len(body)))
    return FilePlan(status, kept, (), body)


def partial_content(whole: FilePlan, ranges: list[ByteRange], size: int) -> FilePlan:
    """Return a 206 with one range, or several as multipart/byteranges (RFC 9110 sections 15.3.7 and 14.6)."""
    if len(ranges) == 1:
        (span,) = ranges
        headers = [pair for pair in whole.headers if pair[0] != b"content-length"]
        headers += ((b"content-range", span.content_range(size)), content_length(span.stop - span.start))
        return FilePlan(206, headers, (FilePart(span),))
    boundary = os.urandom(13).hex().encode()
    content_type = (find_header(whole.headers, b"content-type") or "").encode("latin-1")
    head = b"--%s\r\nContent-Type: %s\r\nContent-Range: " % (boundary, content_type)
    parts = [FilePart(span, b"%s%s\r\n\r\n" % (head, span.content_range(size)), b"\r\n") for span in ranges]
    closing = b"--%s--" % boundary
    length = sum(len(part.before) + part.span.stop - part.span.start + len(part.after) for part in parts)
    headers = [pair for pair in whole.headers if pair[0] not in (b"content-length", b"content-type")]
    headers.append((b"content-type", b"multipart/byteranges; boundary=" + boundary))
    headers.append(content_length(length + len(closing)))
    return FilePlan(206, headers, parts, closing)
