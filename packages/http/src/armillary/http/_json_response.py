"""JSON responses."""

from __future__ import annotations

from typing import Any, ClassVar

from armillary.serialization import JSONEncoder, encode_json

from ._response import Response


class JSONResponse(Response):
    """A JSON response: compact, non-ASCII text not escaped, NaN and infinities rejected.

    Args:
        content: what to serialise; None is `null`.
        status_code: the status.
        headers: further headers.
        media_type: the `content-type`, by default "application/json".
        background: awaited after the response was sent.

    Attributes:
        encoder: turns `content` into bytes. A subclass may set another, for example
            `encoder = staticmethod(orjson.dumps)`.

    Raises:
        TypeError, ValueError: `content` cannot be serialised.

    Follows RFC 8259.

    >>> JSONResponse({"name": "café"}).body.decode()
    '{"name":"café"}'
    """

    media_type: str | None = "application/json"
    encoder: ClassVar[JSONEncoder] = staticmethod(encode_json)

    def render(self, content: Any) -> bytes:
        """Return `content` as JSON."""
        return type(self).encoder(content)
