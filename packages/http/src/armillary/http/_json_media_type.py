"""Which request bodies say that they are JSON."""

from __future__ import annotations

from armillary.asgi_types import HTTPException, Scope
from armillary.datastructures import parse_media_type


def require_json_media_type(scope: Scope) -> None:
    """Reject a body whose Content-Type is not JSON.

    Forms and `text/plain` can be sent across origins without a preflight; JSON cannot.

    Raises:
        HTTPException: 415, the type is neither `application/json` nor one ending in `+json`.
    """
    media_type = ""
    for name, value in scope["headers"]:
        if name == b"content-type":
            if value == b"application/json":
                return
            media_type = parse_media_type(value.decode("latin-1"))[0]
            if media_type == "application/json" or media_type.endswith("+json"):
                return
            break
    got = f"got {media_type}" if media_type else "got none"
    raise HTTPException(415, f"The request body must have the media type application/json; {got}.")
