"""The errors of the header, as problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Final

from armillary.asgi_types import reason_phrase
from armillary.exchange import RawHeader, Rejection

from ._errors import StoreUnavailable

RETRY_SOON: Final = (b"retry-after", b"1")


class Problems:
    """What is sent instead of running a request.

    Args:
        documentation: a URL that the errors name as their type and link to (section 2.6 of the draft), or None.
    """

    def __init__(self, documentation: str | None) -> None:
        if documentation is not None and (not documentation.isascii() or any(c in documentation for c in '<>" \r\n\0')):
            raise ValueError(f"documentation is a URL, got {documentation!r}")
        self._documentation = documentation
        self.missing = self.invalid("This request needs an Idempotency-Key, so that it can safely be sent again.")
        self.running = self._problem(
            409,
            "A request is outstanding for this Idempotency-Key",
            "A request with this Idempotency-Key is in progress. Try again shortly.",
            RETRY_SOON,
        )
        self.unfinished = self._problem(
            409,
            "The outcome of this Idempotency-Key is unknown",
            "A request with this Idempotency-Key was interrupted, perhaps after its effect. Check whether it had one; "
            "if not, send the request with a new key.",
        )
        self.other_payload = self._problem(
            422,
            "Idempotency-Key is already used",
            "This Idempotency-Key was used for a request with another payload. Use a new key for each request.",
        )
        self.unavailable = self._problem(503, None, StoreUnavailable.sentence, RETRY_SOON)

    def invalid(self, detail: str) -> Rejection:
        """Return the 400 for a header that is missing or malformed."""
        title = "Idempotency-Key is missing" if detail.startswith("This request") else "Idempotency-Key is invalid"
        return self._problem(400, title, detail)

    def not_kept(self, status: int) -> Rejection:
        """Return the 409 for a completed request whose response was too large to keep, or was streamed."""
        return self._problem(
            409,
            "The response to this Idempotency-Key was not kept",
            f"The request with this Idempotency-Key was completed with status {status}; its response was not kept. "
            "It is not run again.",
        )

    def _problem(self, status: int, title: str | None, detail: str, *headers: RawHeader) -> Rejection:
        url = self._documentation
        if url is None:
            # Without a type the title is the phrase of the status (RFC 9457 section 4.2.1).
            return Rejection(status, detail, headers)
        link = (b"link", b'<%s>; rel="describedby"' % url.encode())
        members = {"type": url, "title": title or reason_phrase(status, ""), "status": status, "detail": detail}
        return Rejection(status, detail, (*headers, link), members=members)
