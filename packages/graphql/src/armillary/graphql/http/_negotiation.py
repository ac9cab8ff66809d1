"""Content negotiation (GraphQL over HTTP, section 4.1; RFC 9110, section 12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from armillary.datastructures import parse_accept, parse_media_type

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"

_RESULTS = (GRAPHQL_JSON, JSON)


class Negotiated(NamedTuple):
    """The media types negotiated for a response.

    Args:
        result: the media type of a single result; None if the client accepts none.
        stream: the media type of a stream of results; None if the client names none.
        subscription: whether multipart parts follow the multipart subscription protocol.
        page: whether the client is a browser that accepts HTML.
    """

    result: str | None
    stream: str | None
    subscription: bool
    page: bool


@lru_cache(maxsize=128)
def negotiate(accept: str | None) -> Negotiated:
    """Return the media types that an Accept header asks for; None is a request without one.

    A client that accepts anything gets `application/json`, as clients from before
    `application/graphql-response+json` expect.

    >>> negotiate("application/graphql-response+json, application/json;q=0.9").result
    'application/graphql-response+json'
    """
    if accept is None or not accept.strip():
        return Negotiated(JSON, None, False, False)
    best: dict[str, float] = {}
    stream, streamed, page, subscription = None, 0.0, False, False
    for value, quality in parse_accept(accept):
        essence, parameters = parse_media_type(value)
        if essence in (EVENT_STREAM, MULTIPART):
            if quality > streamed:
                stream, streamed = essence, quality
            subscription = subscription or "subscriptionspec" in {name.lower() for name in parameters}
        elif essence == "text/html":
            page = quality > 0
        elif parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8"):
            for result in _named(essence):
                best[result] = max(best.get(result, 0.0), quality) if essence == result else best.get(result, quality)
    wanted = max(best, key=lambda name: (best[name], name == _preferred(best)), default=None)
    return Negotiated(wanted if wanted is not None and best[wanted] > 0 else None, stream, subscription, page)


def _named(essence: str) -> tuple[str, ...]:
    """Return the media types of a result that a media range names."""
    if essence in _RESULTS:
        return (essence,)
    return (JSON,) if essence in ("*/*", "application/*") else ()


def _preferred(best: dict[str, float]) -> str:
    return GRAPHQL_JSON if GRAPHQL_JSON in best else JSON
