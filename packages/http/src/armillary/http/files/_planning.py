"""Which status, headers and parts of a file a request gets; no I/O."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

from armillary.asgi_types import Scope

from .._condition import precondition_status, range_applies, received_conditions
from .._content_type import RawHeader, content_length
from .._http_date import format_http_date, parse_http_date
from .._response import Response
from ._plan import FilePart, FilePlan, find_header, partial_content, plan_without_file, without_body
from ._range import ByteRange, MalformedRange, UnsatisfiableRange, parse_ranges
from ._type import guess_media_type


class FilePlanning(Response):
    """The policy of file responses, and the plans made by it: attributes and methods for subclasses to override."""

    max_ranges: int = 100

    reject_malformed_ranges: ClassVar[bool] = False
    """Respond to a malformed Range header with a 400 instead of the whole file."""

    allows_changes: ClassVar[bool] = False
    """Send a file that is written to meanwhile, such as a log that grows, up to the size it had."""

    conditional: ClassVar[bool] = True
    """Evaluate If-None-Match and the like here; False if the caller already has."""

    def guess_media_type(self, filename: str) -> str:
        """Return the media type for a file name."""
        return guess_media_type(filename)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Fill `raw_headers` from `headers` and the media type."""
        self.raw_headers = [pair for pair in self.encode_headers(headers) if pair[0] != b"content-length"]
        self._add_content_type()
        self._default(b"accept-ranges", "bytes")

    def _default(self, name: bytes, value: str) -> None:
        if not any(pair[0] == name for pair in self.raw_headers):
            self.raw_headers.append((name, value.encode("latin-1")))

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """Set length, modification time and entity tag from the file's stat result."""
        self.raw_headers: list[RawHeader] = self._with_stat_headers(stat_result)

    def make_etag(self, stat_result: os.stat_result) -> str:
        """Return the entity tag of a file, from its modification time and size."""
        return f'"{stat_result.st_mtime_ns:x}-{stat_result.st_size:x}"'

    def _with_stat_headers(self, stat: os.stat_result) -> list[RawHeader]:
        headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        present = {pair[0] for pair in headers}
        headers.append(content_length(stat.st_size))
        if b"last-modified" not in present:
            headers.append((b"last-modified", format_http_date(stat.st_mtime).encode()))
        if b"etag" not in present:
            headers.append((b"etag", self.make_etag(stat).encode("latin-1")))
        return headers

    def make_plan(self, scope: Scope, stat: os.stat_result) -> FilePlan:
        """Return the plan for a file with this stat result, by the request's method, conditions and range."""
        headers = self._with_stat_headers(stat)
        method: str = scope.get("method", "GET").upper()
        whole = FilePlan(self.status_code, headers, (FilePart(ByteRange(0, stat.st_size)),))
        conditions = received_conditions(scope.get("headers", ()))
        if self.status_code != 200 or not conditions:
            return without_body(whole, method, by_status=self.leaves_out_bodies)
        etag, modified = find_header(headers, b"etag"), find_header(headers, b"last-modified")
        if self.conditional:
            date = parse_http_date(modified or "")
            status = precondition_status(method, conditions, etag=etag, last_modified=date)
            if status is not None:
                return plan_without_file(status, headers)
        wanted = conditions.get(b"range")
        if (
            wanted is None
            or method not in ("GET", "HEAD")
            or not range_applies(conditions.get(b"if-range"), etag=etag, last_modified=modified)
        ):
            return without_body(whole, method)
        return without_body(self.plan_ranges(whole, wanted, stat.st_size), method)

    def plan_ranges(self, whole: FilePlan, wanted: str, size: int) -> FilePlan:
        """Return the plan for a Range header."""
        try:
            ranges = parse_ranges(wanted, size, max_ranges=self.max_ranges, lenient=self.reject_malformed_ranges)
        except UnsatisfiableRange:
            return plan_without_file(416, whole.headers, b"", [(b"content-range", b"bytes */%d" % size)])
        except MalformedRange as exc:
            if self.reject_malformed_ranges:
                text = [(b"content-type", b"text/plain; charset=utf-8")]
                return plan_without_file(400, whole.headers, str(exc).encode(), text)
            return whole
        if ranges is None:
            return whole
        return partial_content(whole, ranges, size)
