"""Streams of JSON values, one on each line."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, ClassVar

from armillary.serialization import JSONEncoder, encode_json

from .._response import Background
from ._response import StreamingResponse, Trailers


class JSONLinesResponse(StreamingResponse):
    """A stream of JSON values, each on its own line, sent as it is produced.

    Args:
        content: an async or blocking iterable of values.
        status_code: the status.
        headers: further headers.
        media_type: "application/jsonl" by default; some clients expect "application/x-ndjson".
        background: awaited after the stream ended.
        trailers: as of `StreamingResponse`.
        endless: as of `StreamingResponse`: whether the server's stop ends the stream.

    Attributes:
        encoder: turns a value into bytes without line breaks.

    Follows RFC 8259 for each line, and https://jsonlines.org.

    >>> JSONLinesResponse([{"id": 1}, {"id": 2}]).encode_part({"id": 1})
    b'{"id":1}\\n'
    """

    media_type: str | None = "application/jsonl"
    encoder: ClassVar[JSONEncoder] = staticmethod(encode_json)

    def __init__(
        self,
        content: AsyncIterable[Any] | Iterable[Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        *,
        trailers: Trailers | None = None,
        endless: bool = False,
    ) -> None:
        if isinstance(content, Mapping | str | bytes):
            raise TypeError("JSONLinesResponse takes an iterable of values, not one value; wrap it in a list")
        super().__init__(content, status_code, headers, media_type, background, trailers=trailers, endless=endless)

    def encode_part(self, part: Any) -> bytes:
        """Return one value and its line ending."""
        return type(self).encoder(part) + b"\n"
