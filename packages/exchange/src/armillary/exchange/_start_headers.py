"""The headers of a response as others wrote them, made comparable in one place.

The ASGI specification asks for names in lower case. Django and others send capitals all the same, and servers pass
them on. A middleware that compared names as they come would add a second Content-Length, miss a Vary, or leave the
length of the plain body on a compressed one.
"""

from __future__ import annotations

from collections.abc import Iterable

from armillary.asgi_types import Message

from ._rejection import RawHeader


def start_headers(message: Message) -> list[RawHeader]:
    """Return the headers of a start or accept message as a new list, names in lower case, values as they are.

    >>> start_headers({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/html")]})
    [(b'content-type', b'text/html')]
    """
    pairs: list[RawHeader] = [*(message.get("headers") or ())]
    for name, _ in pairs:
        if not name.islower():
            return lower_names(pairs)
    return pairs  # as nearly always


def lower_names(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """Return raw headers as a new list of pairs, names in lower case.

    >>> lower_names([[b"ETag", b"1"]])
    [(b'etag', b'1')]
    """
    return [(name.lower(), value) for name, value in headers]
