"""The header fields of a response that is coded, or that would be for another client."""

from __future__ import annotations

from collections.abc import Iterable

from armillary.datastructures import add_list_members

Header = tuple[bytes, bytes]

VARY = (b"vary", b"Accept-Encoding")

# A length, and byte ranges of it, hold for the body without a coding.
PLAIN_BODY_FIELDS = frozenset({b"content-length", b"accept-ranges"})


def coded_fields(headers: Iterable[Header], coding: str, length: int | None) -> list[Header]:
    """Return the fields of the coded response; `length` is that of the coded body, if it is known."""
    fields = [field for field in negotiated_fields(headers) if field[0] not in PLAIN_BODY_FIELDS]
    fields.append((b"content-encoding", coding.encode("ascii")))
    if length is not None:
        fields.append((b"content-length", b"%d" % length))
    return fields


def negotiated_fields(headers: Iterable[Header]) -> list[Header]:
    """Return the fields with `Vary: Accept-Encoding` and weak entity tags.

    A strong tag promises equal bytes, which codings of one body are not (RFC 9110 section 8.8.1).
    """
    return varying_fields((name, weakened(value)) if name == b"etag" else (name, value) for name, value in headers)


def varying_fields(headers: Iterable[Header]) -> list[Header]:
    """Return the fields, whose names are in lower case, with `Vary: Accept-Encoding`, once."""
    fields = [*headers]
    for name, _ in fields:
        if name == b"vary":
            return add_list_members(fields, b"vary", b"Accept-Encoding")
    fields.append(VARY)  # few applications set one
    return fields


def weakened(etag: bytes) -> bytes:
    return b"W/" + etag if etag.startswith(b'"') else etag
