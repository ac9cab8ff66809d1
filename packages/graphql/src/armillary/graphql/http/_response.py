"""Responses with what resolvers set on the response of their context."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from hashlib import blake2b
from typing import Any

from armillary.http import (
    EventSourceResponse,
    Request,
    Response,
    ServerSentEvent,
    StreamingResponse,
    precondition_status,
    received_conditions,
)

from ..streams._multipart import INCREMENTAL_TYPE, SUBSCRIPTION_TYPE, incremental_parts, subscription_parts
from ._negotiation import EVENT_STREAM, Negotiated

_OWN_HEADERS = (b"content-length", b"content-type")


def make_response(template: Response, body: bytes, status: int, media_type: str) -> Response:
    """Return a result as a response, with the headers, status and background task of `template`."""
    response = Response(body, status, media_type=media_type)
    _apply_template(template, response)
    return response


def _apply_template(template: Response, response: Response) -> None:
    if len(template.raw_headers) > 1:
        response.raw_headers += (pair for pair in template.raw_headers if pair[0] not in _OWN_HEADERS)
    if template.status_code != 200 and response.status_code == 200:
        response.status_code = template.status_code
    response.background = template.background


def stream_response(template: Response, values: AsyncGenerator[dict[str, Any]], negotiated: Negotiated) -> Response:
    """Return the response that streams results in the format negotiated with the client."""
    response: Response
    if negotiated.stream == EVENT_STREAM:
        response = EventSourceResponse(_events(values))
    elif negotiated.subscription:
        response = StreamingResponse(subscription_parts(values), media_type=SUBSCRIPTION_TYPE, endless=True)
    else:
        response = StreamingResponse(incremental_parts(values), media_type=INCREMENTAL_TYPE)
    _apply_template(template, response)
    return response


async def _events(values: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[ServerSentEvent]:
    try:
        async for value in values:
            yield ServerSentEvent(value, event="next")
    finally:
        await values.aclose()
    # Browsers do not dispatch an event without a data field.
    yield ServerSentEvent("", event="complete")


def cacheable(request: Request[Any], response: Response) -> Response:
    """Return the response to a GET with the headers for caches, or a 304 if the client has it already.

    Follows RFC 9110 sections 8.8.3 and 13, and RFC 9111. A `cache-control` set by a resolver is kept.
    """
    if isinstance(response, StreamingResponse):
        return response
    headers = response.headers
    headers.add_vary_header("accept")
    if response.status_code != 200 or b'"errors":' in response.body[:64_000]:
        headers.setdefault("cache-control", "no-store")
        return response
    headers.setdefault("cache-control", "private, no-cache")
    etag = f'"{blake2b(response.body, digest_size=16).hexdigest()}"'
    headers["etag"] = etag
    status = precondition_status(request.method, received_conditions(request.scope["headers"]), etag=etag)
    if status == 304:
        kept = {name: headers[name] for name in ("cache-control", "etag", "vary")}
        return Response(status_code=304, headers=kept, background=response.background)
    return response
