"""The headers of one part of a multipart body (RFC 7578 section 4)."""

import re
from collections.abc import Callable
from typing import NamedTuple

from armillary.datastructures import Headers, parse_media_type

from ._charset import known_charset
from ._limits import FormError

RawHeader = tuple[bytes, bytes]

# The format browsers and most clients send; anything else takes the slow path.
_USUAL_DISPOSITION = re.compile(rb'form-data; name="([^"\\]*)"(?:; filename="([^"\\]*)")?', re.IGNORECASE)

_PARAMETER = re.compile(rb';[ \t]*([^=;"\s]+)[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*+"|[^;"]*+)')
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LINE_FEED_OR_NUL = re.compile(rb"[\n\x00]")


class PartHeaders(NamedTuple):
    """The headers of a part.

    Attributes:
        name: the field's name.
        filename: the file name sent by the client, without directories; None for a field.
        headers: all headers of the part.
        charset: the text encoding of a field, if the part has a Content-Type that gives one.
    """

    name: str
    filename: str | None
    headers: Headers
    charset: str | None = None


class PartPolicy(NamedTuple):
    """How the headers of a part are read.

    Args:
        keeps_paths: leave directories in file names (RFC 7578 section 4.2 says not to use them).
        unescapes_names: decode `%22`, `%0D` and `%0A` in names and file names, as browsers encode a quotation mark and
            line breaks (WHATWG HTML, "multipart/form-data encoding algorithm").
        reads_charset: decode a field by the charset of its own Content-Type (RFC 7578 section 4.5).
        is_strict: reject every control character, and headers and parameters that are there twice, which parsers
            understand differently; else only LF, NUL and a second Content-Disposition.
    """

    keeps_paths: bool = False
    unescapes_names: bool = True
    reads_charset: bool = True
    is_strict: bool = True


_DEFAULT_POLICY = PartPolicy()


def parse_part_headers(
    raw: list[RawHeader], decode: Callable[[bytes], str], policy: PartPolicy = _DEFAULT_POLICY
) -> PartHeaders:
    """Read the headers of a part.

    Args:
        raw: names in lower case, and values.
        decode: turns the name and the file name into text.
        policy: how they are read.

    Raises:
        FormError: there is no Content-Disposition with a name; a header is there twice or has a character that is not
            allowed; or the charset is not known.
    """
    values: dict[bytes, bytes] = {}
    forbidden = _CONTROL if policy.is_strict else _LINE_FEED_OR_NUL
    for name, value in raw:
        if forbidden.search(value):
            raise FormError("A header of a multipart part contains a control character.")
        if name in values and (policy.is_strict or name == b"content-disposition"):
            raise FormError(f"A multipart part has more than one {name.decode('latin-1').title()} header.")
        values[name] = value
    field, filename = disposition_names(values.get(b"content-disposition"), policy.is_strict)
    if field is None:
        raise FormError('The Content-Disposition header field "name" must be provided.')
    if policy.unescapes_names:
        field = _unescape(field)
        filename = None if filename is None else _unescape(filename)
    text = None if filename is None else decode(filename)
    if text and not policy.keeps_paths:
        text = without_directories(text)
    charset = None
    content_type = values.get(b"content-type", b"")
    if filename is None and policy.reads_charset and b"charset" in content_type.lower():
        given = parse_media_type(content_type.decode("latin-1"))[1].get("charset")
        charset = None if given is None else known_charset(given)
    return PartHeaders(decode(field), text, Headers(raw=raw), charset)


def disposition_names(value: bytes | None, is_strict: bool = True) -> tuple[bytes | None, bytes | None]:
    """Return the `name` and `filename` parameters of a Content-Disposition, None if absent.

    `filename*` is ignored: RFC 7578 section 4.2 forbids it in forms.

    Raises:
        FormError: one is there twice, and `is_strict` is true.
    """
    if value is None:
        return None, None
    usual = _USUAL_DISPOSITION.fullmatch(value)
    if usual is not None:
        return usual.group(1), usual.group(2)
    if is_strict:
        names = [found.group(1).lower() for found in _PARAMETER.finditer(value)]
        if len(set(names)) < len(names):
            raise FormError("The Content-Disposition of a multipart part has a parameter twice.")
    from python_multipart.multipart import parse_options_header

    _, options = parse_options_header(value)
    return options.get(b"name"), options.get(b"filename")


def _unescape(name: bytes) -> bytes:
    """Decode what browsers encode in a name, and nothing else: they leave a percent sign as it is."""
    if b"%" not in name:
        return name
    name = name.replace(b"%22", b'"')
    return name.replace(b"%0D", b"\r").replace(b"%0A", b"\n")


def without_directories(filename: str) -> str:
    """Return the last segment of a file name; "" if that is `.` or `..`.

    RFC 7578 section 4.2: path information that may be present is not to be used.

    >>> without_directories("C:\\\\photos\\\\cat.jpg"), without_directories("../../etc/passwd")
    ('cat.jpg', 'passwd')
    """
    last = filename.replace("\\", "/").rpartition("/")[2].strip()
    return "" if last in (".", "..") else last
