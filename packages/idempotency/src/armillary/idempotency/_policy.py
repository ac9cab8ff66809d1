"""What is compared, stored and replayed: decisions without input or output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from armillary.asgi_types import Scope

NOT_FINAL: Final = frozenset((401, 403, 408, 409, 413, 421, 423, 425, 429))
"""Statuses below 500 after which the same request may well succeed."""


def is_final_status(status: int) -> bool:
    """Return whether a response is stored: below 500, and not one that asks the client to try the same again.

    >>> is_final_status(201), is_final_status(402), is_final_status(429), is_final_status(500)
    (True, True, False, False)
    """
    return status < 500 and status not in NOT_FINAL


def payload_of(scope: Scope, body: bytes) -> bytes:
    """Return what makes a request the same one: method, path, query, content type and body."""
    content_type = b",".join(value for name, value in scope.get("headers", ()) if name == b"content-type")
    head = [scope["method"].encode(), scope["path"].encode("utf-8", "surrogatepass"), scope.get("query_string", b"")]
    return b"\0".join((*head, content_type, body))


def digest(*parts: bytes) -> str:
    """Return 64 hexadecimal digits for a list of byte strings, different for each list."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(b"%d:" % len(part))
        hashed.update(part)
    return hashed.hexdigest()


class StoredResponse(NamedTuple):
    """A response as it is stored.

    Attributes:
        status: its status.
        headers: its headers as they were sent; None if the response was not kept.
        body: its body.
    """

    status: int
    headers: list[tuple[bytes, bytes]] | None
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes for a store: one line of JSON, and the body."""
        headers = self.headers
        pairs = None if headers is None else [[n.decode("latin-1"), v.decode("latin-1")] for n, v in headers]
        return json.dumps([self.status, pairs]).encode() + b"\n" + self.body

    @classmethod
    def decode(cls, data: bytes) -> StoredResponse:
        """Return the response that `encode` made these bytes of."""
        line, _, body = bytes(data).partition(b"\n")
        status, pairs = json.loads(line)
        if pairs is None:
            return cls(status, None)
        return cls(status, [(n.encode("latin-1"), v.encode("latin-1")) for n, v in pairs], body)


def content_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Return the Content-Length of a response, None if it has none."""
    for name, value in headers:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return None
