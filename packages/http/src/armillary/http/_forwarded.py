"""The Forwarded headers of a request (RFC 7239)."""

from __future__ import annotations

from armillary.asgi_types import HTTPException
from armillary.datastructures import Forwarded, Headers, parse_forwarded


def forwarded_elements(headers: Headers) -> list[Forwarded]:
    """Return the elements of all Forwarded headers in order; 400 if one is malformed."""
    values = headers.getlist("forwarded")
    if not values:
        return []
    try:
        return parse_forwarded(", ".join(values))
    except ValueError:
        raise HTTPException(400, "The Forwarded header is malformed.") from None
