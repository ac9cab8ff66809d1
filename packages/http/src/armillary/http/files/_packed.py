"""Responses from content that is kept compressed, such as the files of a page inside a package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from armillary.concurrency import run_in_threadpool
from armillary.datastructures import parse_accept

from .._request import Request
from .._response import Response


async def packed_response(
    request: Request[Any], packed: bytes, headers: Mapping[str, str], media_type: str
) -> Response:
    """Return a response with content that is kept compressed by gzip.

    A client that takes gzip gets it as it is kept; for any other it is decompressed, in a thread. The response varies
    by `Accept-Encoding`.

    Args:
        request: whose `Accept-Encoding` decides (RFC 9110 section 12.5.3).
        packed: the content, compressed by gzip.
        headers: further headers, without `Vary` and `Content-Encoding`.
        media_type: of the content.
    """
    accepted = dict(parse_accept(", ".join(request.headers.getlist("accept-encoding"))))
    added = {**headers, "vary": "Accept-Encoding"}
    if accepted.get("gzip", accepted.get("*", 0)) > 0:
        return Response(packed, headers={**added, "content-encoding": "gzip"}, media_type=media_type)
    import gzip

    return Response(await run_in_threadpool(gzip.decompress, packed), headers=added, media_type=media_type)
