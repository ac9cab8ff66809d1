"""Content negotiation (GraphQL over HTTP, section 4.1; RFC 9110, section 12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from armillary.datastructures import parse_accept, parse_media_type
from armillary.http import Request, best_media_type

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"


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


def negotiate(request: Request[Any]) -> Negotiated:
    """Return the media types negotiated for the response to a request.

    A client that accepts anything gets `application/json`, as clients from before
    `application/graphql-response+json` expect.
    """
    return negotiate_accept(", ".join(request.headers.getlist("accept")))


@lru_cache(maxsize=128)
def negotiate_accept(accept: str) -> Negotiated:
    """Return the media types that an Accept header asks for; empty is a request without one.

    >>> negotiate_accept("application/graphql-response+json, application/json;q=0.9").result
    'application/graphql-response+json'
    >>> negotiate_accept("*/*, application/json;q=0").result
    'application/graphql-response+json'
    """
    if not accept.strip():
        return Negotiated(JSON, None, False, False)
    accept = accept.lower()
    stream, streamed, page, subscription = None, 0.0, False, False
    named: set[str] = set()
    for value, quality in parse_accept(accept):
        essence, parameters = parse_media_type(value)
        if essence in (EVENT_STREAM, MULTIPART):
            if quality > streamed:
                stream, streamed = essence, quality
            subscription = subscription or "subscriptionspec" in parameters
        elif quality > 0:
            named.add(essence)
            page = page or essence == "text/html"
    preferred = (GRAPHQL_JSON, JSON) if GRAPHQL_JSON in named else (JSON, GRAPHQL_JSON)
    # A range may name the character encoding, which is always UTF-8.
    offered = {f"{name}; charset={charset}": name for name in preferred for charset in ("utf-8", "utf8")}
    best = best_media_type(accept, [*offered])
    return Negotiated(None if best is None else offered[best], stream, subscription, page)
