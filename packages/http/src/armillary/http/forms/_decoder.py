"""The parser of `multipart/form-data` (RFC 7578, RFC 2046 section 5.1). It does no I/O.

python-multipart does the parsing. This module adds the limits, the preamble, which that parser
does not accept, and the check that the body is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ._limits import MAX_BOUNDARY_SIZE, FormError, FormLimits, too_large, too_many
from ._part_headers import PartHeaders, RawHeader, parse_part_headers

if TYPE_CHECKING:
    from python_multipart import MultipartParser

PartEvent: TypeAlias = "PartHeaders | bytes | None"
"""The start of a part, a piece of its content, or the end of a part (None)."""


def load_multipart() -> Any:
    """Return the module `python_multipart`; `RuntimeError` naming the extra if it is missing."""
    try:
        import python_multipart
    except ImportError:
        raise RuntimeError("multipart forms need python-multipart: pip install armillary-http[forms]") from None
    return python_multipart


def boundary_of(parameters: Mapping[str, str]) -> bytes:
    """Return the boundary given in a Content-Type.

    Raises:
        FormError: there is none, or it is invalid.
    """
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise FormError("Missing boundary in multipart.")
    if len(boundary) > MAX_BOUNDARY_SIZE:
        raise FormError(f"The multipart boundary is longer than {MAX_BOUNDARY_SIZE} characters.")
    if not boundary.isascii() or not boundary.isprintable() or boundary.endswith(" "):
        raise FormError("The multipart boundary contains characters that RFC 2046 section 5.1.1 does not allow.")
    return boundary.encode("ascii")


_WINDOW_SIZE = 64 * 1024
"""Bytes parsed at once; a larger piece is split."""


class MultipartDecoder:
    """Turns the pieces of a multipart body into events, wherever the body was split.

    Args:
        boundary: as given in the Content-Type.
        limits: all of them apply.
        charset: of names, file names and, for the caller, of fields.
        keep_paths: leave directories in file names.
        demand_end: reject a body that ends before its closing boundary.

    >>> decoder = MultipartDecoder(b"B")
    >>> body = b'--B\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--B--\\r\\n'
    >>> [getattr(event, "name", event) for event in decoder.feed(body)]
    ['a', b'1', None]
    >>> decoder.finish()
    """

    def __init__(
        self,
        boundary: bytes,
        limits: FormLimits = FormLimits(),  # noqa: B008 - immutable
        charset: str = "utf-8",
        *,
        keep_paths: bool = False,
        demand_end: bool = True,
    ) -> None:
        self.charset = charset
        self._limits = limits
        self._keep_paths = keep_paths
        self._demand_end = demand_end
        self._delimiter = b"--" + boundary
        self._boundary_line = b"\r\n--" + boundary
        self._parser = self._new_parser(boundary)
        self._events: list[PartEvent] = []
        self._total = 0
        self._begun = False
        self._padded = False
        self._ended = False
        self._head = b""
        self._tail = b"\r\n"
        self._epilogue = 0
        self._piece = b""
        self._content_end = 0
        self._raw_headers: list[RawHeader] = []
        self._header_name = b""
        self._header_value = b""
        self._files = 0
        self._fields = 0
        self._fields_size = 0
        self._part: PartHeaders | None = None
        self._part_size = 0
        self._part_limit = 0
        self._lead = b""

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        limits = self._limits
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self.on_part_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_part_end": self.on_part_end,
            "on_end": self.on_end,
        }
        library = load_multipart()
        parser: MultipartParser = library.MultipartParser(
            boundary,
            callbacks,
            max_header_count=limits.max_part_headers,
            max_header_size=limits.max_header_size,
        )
        self._content_state = library.multipart.MultipartState.PART_DATA
        self._malformed: type[Exception] = library.exceptions.FormParserError
        # The parser logs each malformed body: a client must not be able to fill the log.
        parser.logger = _SilentLogger()  # type: ignore[assignment]
        return parser

    def feed(self, data: bytes) -> list[PartEvent]:
        """Take the next piece of the body and return what it completes.

        Raises:
            FormTooLarge: a limit is exceeded.
            FormError: the body is malformed.
        """
        limits = self._limits
        self._total += len(data)
        if limits.max_total_size is not None and self._total > limits.max_total_size:
            raise too_large("Form", limits.max_total_size)
        if len(data) <= _WINDOW_SIZE:
            self._feed_window(data)
        else:
            for start in range(0, len(data), _WINDOW_SIZE):
                self._feed_window(data[start : start + _WINDOW_SIZE])
        events = self._events
        self._events = []
        return events

    def _feed_window(self, data: bytes) -> None:
        if self._part is not None and self._is_all_content(data):
            self._piece = data
            self.on_part_data(data, 0, len(data))
            self._piece = b""
            self._keep_tail(data)
            return
        if self._ended:
            self._count_epilogue(len(data))
            return
        if not self._begun:
            data = self._skip_preamble(data)
            if not self._begun:
                return
        if not self._padded:
            data = data.lstrip(b" \t")  # RFC 2046 section 5.1.1: transport padding after the boundary
            self._padded = bool(data)
        self._piece = data
        self._content_end = 0
        self._write(data)
        if self._ended:
            self._count_epilogue(self._size_after_end(data))
        self._piece = b""
        self._keep_tail(data)

    def _keep_tail(self, data: bytes) -> None:
        """Keep the end of what was read, as far as it may be the start of a boundary."""
        keep = len(self._delimiter) + 4
        self._tail = data[-keep:] if len(data) >= keep else (self._tail + data)[-keep:]

    def _is_all_content(self, data: bytes) -> bool:
        """Return whether a window inside a part contains neither a boundary nor the start of one.

        The parser would then emit it unchanged and stay in the same state. Finding one byte, and
        `rfind`, take a fraction of the time of the parser's `find`.
        """
        parser = self._parser
        if parser.state != self._content_state or parser.index != 0:
            return False
        first = data.find(b"\r")
        if first < 0:
            return True
        line = self._boundary_line
        if data.rfind(line, first) >= 0:
            return False
        cr = data.rfind(b"\r", max(0, len(data) - len(line) + 1))
        return cr < 0 or not line.startswith(data[cr:])

    def _size_after_end(self, data: bytes) -> int:
        """Return how many bytes of the piece that ended the body come after the closing boundary."""
        closing = self._boundary_line + b"--"
        # What was emitted as content cannot contain the boundary, so most of the piece is not searched.
        start = data.find(closing, self._content_end)
        if start >= 0:
            return len(data) - start - len(closing)
        joined = self._tail + data[: len(closing)]
        return len(data) - (joined.find(closing) + len(closing) - len(self._tail))

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            FormError: it ended before its closing boundary, or has none at all.
        """
        if self._head and not self._begun:
            raise FormError("Invalid multipart data: it contains no boundary.")
        if self._demand_end and not self._ended:
            raise FormError("The multipart body ends before its closing boundary.")

    def _write(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except self._malformed as exc:
            raise FormError(f"Invalid multipart data: {exc}.") from None

    def _skip_preamble(self, data: bytes) -> bytes:
        """Feed the first boundary to the parser and return what follows; keep what precedes it."""
        limit = self._limits.max_preamble_size
        head = self._head + data
        if head.startswith(self._delimiter):
            start = 0
        else:
            start = head.find(self._boundary_line, 0, limit + len(self._delimiter)) + 2
            if start < 2:
                if len(head) >= limit + len(self._delimiter):
                    raise FormError(f"No multipart boundary within the first {limit} bytes.")
                self._head = head
                return b""
        self._begun = True
        self._head = b""
        after = start + len(self._delimiter)
        if head[after : after + 1] in (b"\r", b"-"):
            self._padded = True
            return head[start:]
        self._write(self._delimiter)
        self._tail = self._boundary_line
        return head[after:]

    def _count_epilogue(self, size: int) -> None:
        self._epilogue += size
        if self._epilogue > self._limits.max_epilogue_size:
            raise too_large("Multipart epilogue", self._limits.max_epilogue_size)

    def decode_text(self, data: bytes) -> str:
        """Return a name, file name or field as text; bytes invalid in the charset become U+FFFD."""
        return data.decode(self.charset, "replace")

    def on_part_begin(self) -> None:
        """A part begins; its headers follow."""
        self._raw_headers = []

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """`data[start:end]` is a piece of a header's name."""
        self._header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """`data[start:end]` is a piece of a header's value."""
        self._header_value += data[start:end]

    def on_header_end(self) -> None:
        """A header is complete."""
        self._raw_headers.append((self._header_name.lower(), self._header_value))
        self._header_name = self._header_value = b""

    def on_headers_finished(self) -> None:
        """The headers of a part are complete; its content follows."""
        limits = self._limits
        part = parse_part_headers(self._raw_headers, self.decode_text, self._keep_paths)
        if part.filename is None:
            self._fields += 1
            if self._fields > limits.max_fields:
                raise too_many("fields", limits.max_fields)
            self._part_limit = limits.max_part_size
        else:
            self._files += 1
            if self._files > limits.max_files:
                raise too_many("files", limits.max_files)
            self._part_limit = -1 if limits.max_file_size is None else limits.max_file_size
        self._part = part
        self._part_size = 0
        self._lead = b""
        self._events.append(part)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """`data[start:end]` is a piece of a part's content."""
        missing = len(self._delimiter) - self._part_size
        if missing > 0:
            # RFC 2046 section 5.1.1: the blank line after the headers may belong to the boundary,
            # so this is not content. python-multipart treats it as content, other parsers do not.
            self._lead += data[start : min(end, start + missing)]
            if self._lead == self._delimiter:
                raise FormError("Invalid multipart data: a boundary follows the headers of a part at once.")
        self._part_size += end - start
        if self._part_size > self._part_limit >= 0:
            raise too_large("Part", self._part_limit)
        part = self._part
        if part is None:
            raise FormError("Invalid multipart data: content outside of a part.")
        if part.filename is None:
            self._fields_size += end - start
            if self._fields_size > self._limits.max_fields_size:
                raise too_large("Fields", self._limits.max_fields_size)
        if data is self._piece:
            self._content_end = end
        self._events.append(data[start:end])

    def on_part_end(self) -> None:
        """A part is complete."""
        if self._part is None:
            raise FormError("Invalid multipart data: a part ends before its headers do.")
        self._part = None
        self._events.append(None)

    def on_end(self) -> None:
        """The closing boundary was read."""
        self._ended = True


class _SilentLogger:
    """A logger that drops everything."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _drop


def _drop(*args: object, **kwargs: object) -> None:
    return None
