"""The headers of one part of a multipart body (RFC 7578 section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from armillary.datastructures import Headers

from ._limits import FormError

RawHeader = tuple[bytes, bytes]

# The format browsers and most clients send; anything else takes the slow path.
_USUAL_DISPOSITION = re.compile(rb'form-data; name="([^"\\]*)"(?:; filename="([^"\\]*)")?', re.IGNORECASE)


class PartHeaders(NamedTuple):
    """The headers of a part.

    Attributes:
        name: the field's name.
        filename: the file name sent by the client, without directories; None for a field.
        headers: all headers of the part.
    """

    name: str
    filename: str | None
    headers: Headers


def parse_part_headers(raw: list[RawHeader], decode: Callable[[bytes], str], keep_paths: bool = False) -> PartHeaders:
    """Read the headers of a part.

    Args:
        raw: names in lower case, and values.
        decode: turns the name and the file name into text.
        keep_paths: leave directories in the file name.

    Raises:
        FormError: there is no Content-Disposition with a name, or more than one; or a header
            contains LF or NUL.
    """
    disposition = None
    for name, value in raw:
        if b"\n" in value or b"\x00" in value:
            raise FormError("A header of a multipart part contains a line feed or NUL.")
        if name == b"content-disposition":
            if disposition is not None:
                raise FormError("A multipart part has more than one Content-Disposition header.")
            disposition = value
    field, filename = disposition_names(disposition)
    if field is None:
        raise FormError('The Content-Disposition header field "name" must be provided.')
    text = None if filename is None else decode(filename)
    if text and not keep_paths:
        text = without_directories(text)
    return PartHeaders(decode(field), text, Headers(raw=raw))


def disposition_names(value: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Return the `name` and `filename` parameters of a Content-Disposition, None if absent.

    `filename*` is ignored: RFC 7578 section 4.2 forbids it in forms.
    """
    if value is None:
        return None, None
    usual = _USUAL_DISPOSITION.fullmatch(value)
    if usual is not None:
        return usual.group(1), usual.group(2)
    from python_multipart.multipart import parse_options_header

    _, options = parse_options_header(value)
    return options.get(b"name"), options.get(b"filename")


def without_directories(filename: str) -> str:
    """Return the last segment of a file name; "" if that is `.` or `..`.

    RFC 7578 section 4.2: path information that may be present is not to be used.

    >>> without_directories("C:\\\\photos\\\\cat.jpg"), without_directories("../../etc/passwd")
    ('cat.jpg', 'passwd')
    """
    last = filename.replace("\\", "/").rpartition("/")[2].strip()
    return "" if last in (".", "..") else last
