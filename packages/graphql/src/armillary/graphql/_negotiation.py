"""What form of answer a client takes (GraphQL over HTTP, section 4.1; RFC 9110, section 12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from armillary.datastructures import parse_accept, parse_media_type

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"

_RESULTS = (GRAPHQL_JSON, JSON)


class Wish(NamedTuple):
    """The media types an answer may have.

    Args:
        result: that of a single result; None where the client takes none.
        stream: that of a stream of results; None where the client names none.
        subscription: whether multipart parts are to follow the multipart subscription protocol.
        page: whether the client is a browser that is to show something.
    """

    result: str | None
    stream: str | None
    subscription: bool
    page: bool


@lru_cache(maxsize=128)
def negotiate(accept: str | None) -> Wish:
    """Return what an Accept header asks for; None stands for a request without one.

    A client that takes anything is given `application/json`, as those that came before
    `application/graphql-response+json` expect.

    >>> negotiate("application/graphql-response+json, application/json;q=0.9").result
    'application/graphql-response+json'
    """
    if accept is None or not accept.strip():
        return Wish(JSON, None, False, False)
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
    return Wish(wanted if wanted is not None and best[wanted] > 0 else None, stream, subscription, page)


def _named(essence: str) -> tuple[str, ...]:
    """Return the media types of a result that a media range names."""
    if essence in _RESULTS:
        return (essence,)
    return (JSON,) if essence in ("*/*", "application/*") else ()


def _preferred(best: dict[str, float]) -> str:
    return GRAPHQL_JSON if GRAPHQL_JSON in best else JSON
