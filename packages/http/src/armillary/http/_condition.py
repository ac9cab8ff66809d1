"""Conditional requests (RFC 9110 section 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from armillary.datastructures import parse_etags

from ._http_date import parse_http_date

_CONDITION_HEADERS = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range")
)


def received_conditions(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """Return the conditional headers and Range of a request; lines of one name are joined.

    Args:
        headers: `scope["headers"]`.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in _CONDITION_HEADERS:
            found.setdefault(name, []).append(value)
    return {name: b", ".join(values).decode("latin-1") for name, values in found.items()}


def precondition_status(
    method: str, conditions: Mapping[bytes, str], *, etag: str | None = None, last_modified: float | None = None
) -> int | None:
    """Return the status the request's conditions call for: 304, 412, or None to perform the request.

    Args:
        method: the request method.
        conditions: from `received_conditions`.
        etag: the entity tag of what would be sent, with its quotes; None for none.
        last_modified: its POSIX timestamp, None if unknown.

    Follows RFC 9110 section 13.2.2; dates that cannot be parsed are ignored, as section 13.1 says.

    >>> precondition_status("GET", {b"if-none-match": '"a", "b"'}, etag='"b"')
    304
    """
    if not conditions:
        return None
    reading = method in ("GET", "HEAD")
    if b"if-match" in conditions:
        if not (etag or conditions[b"if-match"].strip() == "*") or not _matches_strongly(conditions[b"if-match"], etag):
            return 412
    elif last_modified is not None and b"if-unmodified-since" in conditions:
        since = parse_http_date(conditions[b"if-unmodified-since"])
        if since is not None and int(last_modified) > since:
            return 412
    if b"if-none-match" in conditions:
        if parse_etags(conditions[b"if-none-match"]).matches_weakly(etag or ""):
            return 304 if reading else 412
    elif reading and last_modified is not None and b"if-modified-since" in conditions:
        since = parse_http_date(conditions[b"if-modified-since"])
        if since is not None and int(last_modified) <= since:
            return 304
    return None


def _matches_strongly(header: str, etag: str | None) -> bool:
    return parse_etags(header).matches_strongly(etag or "")


def range_applies(if_range: str | None, *, etag: str | None, last_modified: str | None) -> bool:
    """Return whether If-Range allows a Range header to be applied (RFC 9110 section 13.1.5).

    Args:
        if_range: the value of the If-Range header, None if absent.
        etag: the entity tag of what would be sent.
        last_modified: its `last-modified` header.

    A weak entity tag never matches; a date must be exactly equal.
    """
    if if_range is None:
        return True
    if_range = if_range.strip()
    if if_range.startswith('"'):
        return if_range == etag
    if if_range.startswith("W/") or last_modified is None:
        return False
    date = parse_http_date(if_range)
    return date is not None and date == parse_http_date(last_modified)
