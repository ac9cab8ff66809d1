"""Content that is kept compressed."""

from __future__ import annotations

import gzip

import pytest
from testkit import call

from armillary.http import Request, Response, packed_response, request_response

pytestmark = pytest.mark.anyio
CONTENT = b"body { margin: 0 }" * 40


async def show(request: Request) -> Response:
    return await packed_response(request, gzip.compress(CONTENT), {"cache-control": "no-cache"}, "text/css")


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ([], False),
        ([b"gzip"], True),
        ([b"br, GZIP;q=0.5"], True),
        ([b"br", b"gzip"], True),
        ([b"*"], True),
        ([b"gzip;q=0"], False),
        ([b"gzip;q=0, *"], False),
        ([b"*;q=0"], False),
        ([b"gzipped"], False),
        ([b"identity"], False),
    ],
)
async def test_a_client_gets_the_content_in_a_coding_that_it_takes(accepted: list[bytes], is_compressed: bool) -> None:
    headers = [(b"accept-encoding", value) for value in accepted]
    response = await call(request_response(show), "/", headers=headers)
    assert response.headers.get("content-encoding") == ("gzip" if is_compressed else None)
    assert (gzip.decompress(response.body) if is_compressed else response.body) == CONTENT
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["cache-control"] == "no-cache"
