"""What the parser of a multipart body reports, as events: the parts, under the limits on them."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from ._limits import FormError, FormLimits, too_large, too_many
from ._part_headers import PartHeaders, PartPolicy, RawHeader, parse_part_headers

PartEvent: TypeAlias = PartHeaders | bytes | None
"""The start of a part, a piece of its content, or the end of a part (None)."""


class PartEvents:
    """The callbacks of the parser: they count, check, and collect the events.

    A part is reported by `on_part_begin`; then, for each header, by any number of pieces of its name and of its value
    and by `on_header_end`; by `on_headers_finished`; by any number of pieces of content; by `on_part_end`. After the
    last part comes `on_end`.
    """

    part_policy: ClassVar[PartPolicy] = PartPolicy()
    """How the headers of parts are read."""

    def __init__(self, boundary: bytes, limits: FormLimits, charset: str) -> None:
        self.charset = charset
        self._limits = limits
        self._delimiter = b"--" + boundary
        self._events: list[PartEvent] = []
        self._ended = False
        # The piece that is parsed, and where the last content in it ends.
        self._window = b""
        self._content_end = 0
        # The part: its headers while they arrive, then how much content it has and may have.
        self._raw_headers: list[RawHeader] = []
        self._header_name = b""
        self._header_value = b""
        self._part: PartHeaders | None = None
        self._part_size = 0
        self._part_limit = 0
        self._lead = b""
        # All parts so far.
        self._files = 0
        self._fields = 0
        self._fields_size = 0

    def decode_text(self, data: bytes) -> str:
        """Return a name or file name as text; bytes invalid in the charset become U+FFFD."""
        return data.decode(self.charset, "replace")

    def decode_field(self, part: PartHeaders, data: bytes) -> str:
        """Return the content of a field as text, by the part's charset, else as `decode_text`."""
        return self.decode_text(data) if part.charset is None else data.decode(part.charset, "replace")

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
        part = parse_part_headers(self._raw_headers, self.decode_text, self.part_policy)
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
        if data is self._window:
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
