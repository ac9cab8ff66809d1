"""`starlette.middleware.httpsredirect`: a request without a usable host is redirected to the server's address."""

from __future__ import annotations

from armillary.security import HTTPSRedirectMiddleware as NativeHTTPSRedirectMiddleware

__all__ = ["HTTPSRedirectMiddleware"]


class HTTPSRedirectMiddleware(NativeHTTPSRedirectMiddleware):
    """The native middleware, without its 400 if the server says its address."""

    names_server = True
    errors_as_text = True
