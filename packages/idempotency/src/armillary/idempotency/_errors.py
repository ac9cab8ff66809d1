"""What can go wrong between a request and the keys."""

from __future__ import annotations

from armillary.asgi_types import HTTPException
from armillary.concurrency.outages import Unavailable


class StoreUnavailable(Unavailable):
    """The store of the keys cannot be reached, or is full; becomes a 503.

    Args:
        reason: what is wrong, for the log. The client gets a sentence without addresses.
    """

    sentence = "The server cannot check the Idempotency-Key now. Try again shortly."
    retry_seconds = 1


class ClaimLost(HTTPException):
    """The request took longer than its lease and another one with its key runs; what this one did is rolled back."""

    def __init__(self) -> None:
        super().__init__(409, "Another request with this Idempotency-Key is in progress.", {"retry-after": "1"})
