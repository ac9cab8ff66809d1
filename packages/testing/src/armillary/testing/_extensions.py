"""The ASGI extensions a client offers to the application.

Those offered by default are handled by every client the same way and change nothing for an
application that ignores them. `http.response.pathsend`, `http.response.zerocopysend` and
`http.response.push` make an application respond differently, and are offered on request.
"""

from __future__ import annotations

from collections.abc import Iterable

HTTP_EXTENSIONS = ("http.response.debug", "http.response.early_hint", "http.response.trailers")
OPTIONAL_HTTP_EXTENSIONS = ("http.response.pathsend", "http.response.push", "http.response.zerocopysend")
WEBSOCKET_EXTENSIONS = ("websocket.http.response",)
KNOWN_EXTENSIONS = (*HTTP_EXTENSIONS, *OPTIONAL_HTTP_EXTENSIONS, *WEBSOCKET_EXTENSIONS)
DEFAULT_EXTENSIONS = (*HTTP_EXTENSIONS, *WEBSOCKET_EXTENSIONS)


def checked_extensions(extensions: Iterable[str]) -> tuple[str, ...]:
    """Return the names, having checked that the clients can handle each."""
    names = tuple(extensions)
    for name in names:
        if name not in KNOWN_EXTENSIONS:
            raise ValueError(f"extensions holds {name!r}; the clients know {', '.join(KNOWN_EXTENSIONS)}")
    return names
