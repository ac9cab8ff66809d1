"""The form of an error that a client prefers (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from armillary.asgi_types import Scope

ErrorForm: TypeAlias = Literal["html", "json", "text"]

_FORMS: Final[dict[str, ErrorForm]] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "application/problem+json": "json",
    "application/*": "json",
    "text/plain": "text",
    "text/*": "text",
}


def preferred_form(accept: str, default: ErrorForm) -> ErrorForm:
    """Choose between a page, JSON and plain text.

    Args:
        accept: the value of Accept; empty if there is none.
        default: for a client that takes anything, or none of the three.

    >>> preferred_form("text/html, */*;q=0.8", "json"), preferred_form("*/*", "json"), preferred_form("", "text")
    ('html', 'json', 'text')
    """
    # Imported here: most requests have no errors.
    from armillary.datastructures import parse_accept

    for media_range, weight in parse_accept(accept):
        essence = media_range.partition(";")[0]
        if weight and essence == "*/*":
            return default
        form = _FORMS.get(essence)
        if weight and form is not None:
            return form
    return default


def prefers_text(scope: Scope) -> bool:
    """Return whether the client of a request prefers a page or plain text to JSON."""
    accepted = [value for name, value in scope["headers"] if name == b"accept"]
    if not accepted or b"text/" not in b",".join(accepted).lower():
        return False
    from armillary.datastructures import joined_lines

    accept = joined_lines(scope["headers"], b"accept") or b""
    return preferred_form(accept.decode("latin-1"), "json") != "json"
