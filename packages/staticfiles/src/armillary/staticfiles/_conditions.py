"""Conditions of a request for a file whose headers are known (RFC 9110 section 13)."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import Headers
from armillary.http import Response, parse_http_date, precondition_status, received_conditions


def condition_status(method: str, conditions: Mapping[bytes, str], headers: Headers) -> int | None:
    """Return the 304 or 412 the conditions call for, None to send the file."""
    modified = parse_http_date(headers.get("last-modified", ""))
    return precondition_status(method, conditions, etag=headers.get("etag"), last_modified=modified)


def check_preconditions(response: Response, scope: Scope) -> None:
    """Raise if If-Match or If-Unmodified-Since fails.

    Raises:
        HTTPException: 412, with the current entity tag.
    """
    conditions = received_conditions(scope.get("headers", ()))
    if b"if-match" in conditions or b"if-unmodified-since" in conditions:
        headers = response.headers
        if condition_status(scope["method"], conditions, headers) == 412:
            raise HTTPException(412, headers={name: headers[name] for name in ("etag", "vary") if name in headers})
