"""Addresses of files and pages."""

from __future__ import annotations

from armillary.http import guess_media_type


def encode_name(name: str) -> str:
    """Percent-encode one segment of a path (RFC 3986 section 3.3)."""
    from urllib.parse import quote

    return quote(name.encode("utf-8", "surrogateescape"), safe="!$&'()*+,;=:@-._~")


def names_file(path: str) -> bool:
    """Return whether the last segment has the extension of a known file type, and so is not a page.

    >>> names_file("assets/app.js"), names_file("users/jane.doe")
    (True, False)
    """
    return guess_media_type(path.rpartition("/")[2]) != "application/octet-stream"
