"""Header fields after the body (RFC 9110 section 6.5)."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.asgi_types import Scope
from armillary.datastructures import encode_headers

from .._content_type import RawHeader

_FORBIDDEN_TRAILERS = frozenset(
    b"authorization cache-control connection content-encoding content-length content-range content-type cookie expect "
    b"host keep-alive max-forwards proxy-authenticate proxy-authorization proxy-connection range set-cookie te trailer "
    b"transfer-encoding upgrade vary www-authenticate".split()
)


def server_sends_trailers(scope: Scope) -> bool:
    """Return whether the server offers the extension `http.response.trailers`."""
    return "http.response.trailers" in (scope.get("extensions") or ())


def encode_trailers(trailers: Mapping[str, str]) -> list[RawHeader]:
    """Return the encoded fields; `ValueError` for a field not allowed in trailers.

    Framing, routing, authentication, caching and content fields must be known before the body
    (RFC 9110 section 6.5.1).
    """
    raw = encode_headers(trailers)
    for name, _ in raw:
        if name in _FORBIDDEN_TRAILERS:
            raise ValueError(f"{name.decode()!r} cannot be a trailer: it must be known before the body")
    return raw
