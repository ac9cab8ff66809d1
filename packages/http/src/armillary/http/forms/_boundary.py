"""The boundary of a multipart body, as its Content-Type gives it (RFC 2046 section 5.1.1)."""

from __future__ import annotations

from collections.abc import Mapping

from ._limits import MAX_BOUNDARY_SIZE, FormError


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
