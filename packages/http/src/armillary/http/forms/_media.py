"""Choosing the parser for a body's media type."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import parse_media_type

from ._data import FormData
from ._decoder import MultipartDecoder, boundary_of
from ._limits import FormError, FormLimits
from ._parts import PartStream
from ._reading import read_multipart_form, read_urlencoded_form
from ._urlencoded import UrlencodedDecoder

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"

_DEFAULT_LIMITS = FormLimits()

# The encodings of the WHATWG Encoding standard, by the names of the modules of Python's codecs.
_BROWSER_CODECS = frozenset(
    (
        *("utf_8", "ascii", "utf_16", "utf_16_be", "utf_16_le", "koi8_r", "koi8_u", "mac_roman"),
        *("big5", "big5hkscs", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "iso2022_jp", "shift_jis"),
        *("cp866", "cp874", "cp932", "latin_1"),
        *(f"iso8859_{part}" for part in (*range(2, 12), *range(13, 17))),
        *(f"cp{page}" for page in range(1250, 1259)),
    )
)


def form_limits(limits: dict[str, Any]) -> FormLimits:
    """Return limits from keywords; `TypeError` or `ValueError` naming an invalid one."""
    if not limits:
        return _DEFAULT_LIMITS
    unknown = limits.keys() - set(FormLimits._fields)
    if unknown:
        known = ", ".join(FormLimits._fields)
        raise TypeError(f"unknown form limit {sorted(unknown)[0]!r}; the limits are {known}")
    return FormLimits(**limits).checked()


def content_type_of(scope: Scope) -> str | None:
    """Return the Content-Type of a request, None if it has none."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return str(value, "latin-1")
    return None


async def read_form(content_type: str | None, stream: AsyncIterable[bytes], limits: dict[str, Any]) -> FormData:
    """Read a form of either media type; a body of any other is an empty form.

    Raises:
        FormError: it is malformed or over a limit.
    """
    checked = form_limits(limits)
    media_type, parameters = parse_media_type(content_type or "")
    if media_type == MULTIPART:
        return await read_multipart_form(stream, multipart_decoder(parameters, checked))
    if media_type == URLENCODED:
        return await read_urlencoded_form(stream, UrlencodedDecoder(checked))
    return FormData()


def multipart_decoder(parameters: dict[str, str], limits: FormLimits) -> MultipartDecoder:
    """Return the decoder for a Content-Type's parameters.

    Raises:
        FormError: the boundary is missing or invalid, or the charset is unknown.
    """
    return MultipartDecoder(boundary_of(parameters), limits, known_charset(parameters.get("charset", "utf-8")))


def known_charset(charset: str) -> str:
    """Return the name of a text encoding that browsers support; 400 for any other.

    Python has more codecs: some decode to bytes, some take quadratic time. `codecs.lookup` is never
    called with a name as the client spells it, since it caches each name forever.
    """
    if charset == "utf-8":
        return charset
    import codecs
    from encodings import normalize_encoding
    from encodings.aliases import aliases

    label = normalize_encoding(charset).lower()
    codec = aliases.get(label, label)
    if codec not in _BROWSER_CODECS:
        raise FormError("The charset of the form is not known.")
    return codecs.lookup(codec).name


def open_parts(content_type: str | None, stream: AsyncIterator[bytes], limits: dict[str, Any]) -> PartStream:
    """Return the parts of a multipart body.

    Raises:
        HTTPException: 415, it is not multipart/form-data.
        FormError: the boundary is missing or invalid.
    """
    checked = form_limits(limits)
    media_type, parameters = parse_media_type(content_type or "")
    if media_type != MULTIPART:
        raise HTTPException(415, f"The request body must have the media type {MULTIPART}.")
    return PartStream(multipart_decoder(parameters, checked), stream)
