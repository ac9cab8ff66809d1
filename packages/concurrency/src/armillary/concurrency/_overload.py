"""The error of a limiter that had no free thread in time."""

from __future__ import annotations

from math import ceil

from armillary.asgi_types import HTTPException


class Overloaded(HTTPException):
    """No thread became free within the limiter's bounded wait.

    It is an `HTTPException`: unhandled, it becomes a 503 with `Retry-After` (RFC 9110 sections
    15.6.4 and 10.2.3).

    Args:
        limiter: the name of the limiter that had no free thread.
        retry_after: seconds after which the client may try again, rounded up to whole seconds.

    >>> Overloaded("endpoints", 0.5).headers
    {'Retry-After': '1'}
    """

    def __init__(self, limiter: str, retry_after: float = 1.0) -> None:
        super().__init__(
            503,
            "The server is too busy to handle this request now. Try again shortly.",
            {"Retry-After": str(max(1, ceil(retry_after)))},
        )
        self.limiter = limiter
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[Overloaded], tuple[str, float]]:
        return type(self), (self.limiter, self.retry_after)
