"""Conditions of a request to a dynamic resource (RFC 9110 section 13)."""

from __future__ import annotations

from datetime import UTC, datetime

from armillary.asgi_types import HTTPException
from armillary.datastructures import Headers, parse_etag

from ._condition import precondition_status, received_conditions
from ._http_date import format_http_date


def timestamp_of(moment: datetime) -> float:
    """Return a POSIX timestamp; a datetime without a time zone is taken as UTC."""
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()


def raise_condition(
    method: str, headers: Headers, etag: str | None, last_modified: datetime | None, exists: bool
) -> None:
    """Raise the 304 or 412 that the conditions call for, with the validators as headers.

    Raises:
        HTTPException: 304 or 412.
        ValueError: `etag` is not an entity tag.
    """
    if etag is not None and parse_etag(etag) is None:
        raise ValueError(f"etag must be an entity tag in quotes, such as '\"v1\"', got {etag!r}")
    conditions = received_conditions(headers.raw)
    if not exists:
        # Nothing matches a resource that does not exist: If-Match fails, If-None-Match holds.
        if b"if-match" in conditions:
            raise HTTPException(412)
        return
    modified = None if last_modified is None else timestamp_of(last_modified)
    status = precondition_status(method, conditions, etag=etag, last_modified=modified)
    if status is not None:
        validators: dict[str, str] = {}
        if etag is not None:
            validators["ETag"] = etag
        if modified is not None:
            validators["Last-Modified"] = format_http_date(modified)
        raise HTTPException(status, headers=validators)
