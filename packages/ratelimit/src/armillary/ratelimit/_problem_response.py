"""The rejection of a client over its limit: a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from armillary.exchange import Rejection

from ._fields import Count, Header, rate_limit_fields

QUOTA_EXCEEDED: Final = "https://iana.org/assignments/http-problem-types#quota-exceeded"

TRY_AGAIN_LATER: Final = 1013
"""The close code of a WebSocket whose server cannot reject it with a response (RFC 6455, IANA registry)."""


def quota_rejection(counts: Sequence[Count]) -> Rejection:
    """Return the 429 for limits of which some are used up."""
    violated = [count for count in counts if not count.allowed]
    first = max(violated, key=lambda count: count.wait)
    wait = max(1, first.wait)
    requests = "1 request" if first.rule.quota == 1 else f"{first.rule.quota} requests"
    problem = {
        "type": QUOTA_EXCEEDED,
        "title": "Too Many Requests",
        "status": 429,
        "detail": f"The limit of {requests} in {seconds(first.rule.window)} is used up. Try again in {seconds(wait)}.",
        "violated-policies": [count.rule.label for count in violated],
    }
    return problem_rejection(problem, wait, rate_limit_fields(counts))


def unavailable_rejection() -> Rejection:
    """Return the 503 for a store that does not respond."""
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The server cannot check its rate limits now. Try again shortly.",
    }
    return problem_rejection(problem, 1)


def problem_rejection(problem: dict[str, Any], retry_after: int, headers: Iterable[Header] = ()) -> Rejection:
    return Rejection(
        problem["status"],
        problem["detail"],
        [(b"retry-after", b"%d" % retry_after), *headers],
        close_code=TRY_AGAIN_LATER,
        members=problem,
    )


def seconds(number: int) -> str:
    return "1 second" if number == 1 else f"{number} seconds"
