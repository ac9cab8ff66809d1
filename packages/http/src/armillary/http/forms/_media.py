"""Choosing the parser for a body's media type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import parse_media_type

from ._boundary import boundary_of
from ._charset import known_charset
from ._decoder import MultipartDecoder
from ._limits import FormLimits
from ._parts import PartStream
from ._urlencoded import UrlencodedDecoder

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"

_DEFAULT_LIMITS = FormLimits()


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


def form_decoder(content_type: str | None, limits: dict[str, Any]) -> MultipartDecoder | UrlencodedDecoder | None:
    """Return the decoder of a form of either media type, None for a body of any other.

    Raises:
        FormError: the boundary is missing or invalid, or the charset is unknown.
    """
    checked = form_limits(limits)
    media_type, parameters = parse_media_type(content_type or "")
    if media_type == MULTIPART:
        return multipart_decoder(parameters, checked)
    return UrlencodedDecoder(checked) if media_type == URLENCODED else None


def multipart_decoder(parameters: dict[str, str], limits: FormLimits) -> MultipartDecoder:
    """Return the decoder for a Content-Type's parameters.

    Raises:
        FormError: the boundary is missing or invalid, or the charset is unknown.
    """
    return MultipartDecoder(boundary_of(parameters), limits, known_charset(parameters.get("charset", "utf-8")))


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
