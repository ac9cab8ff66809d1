"""The address of an engine, for errors and logs."""

from __future__ import annotations

from urllib.parse import urlsplit


def address_of(url: str) -> str:
    """Return scheme and address of a URL, without user and password.

    >>> address_of("redis://:secret@127.0.0.1:6379/0")
    'redis://127.0.0.1:6379'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
