"""Rejections as responses, whose headers a program may change before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armillary.asgi_types import Scope
from armillary.exchange import Rejection

if TYPE_CHECKING:
    from armillary.http import Response


def rejection_response(rejection: Rejection, scope: Scope) -> Response:
    """Return the response that a rejection is for a connection."""
    from armillary.http import Response

    headers, body = rejection.content(scope)
    response = Response(body, rejection.status)
    response.raw_headers = [*headers]
    return response
