"""Security middleware for any ASGI app.

>>> from armillary.security import SecurityHeadersMiddleware, TrustedHostMiddleware
>>> async def app(scope, receive, send): ...
>>> guarded = TrustedHostMiddleware(SecurityHeadersMiddleware(app), ["example.com", "*.example.com"])

Each is a pure policy and an ASGI middleware around it; scopes of other types pass through unchanged.
"""

# Their home is armillary.resilience; these names stay for one release.
from armillary.resilience import BodyTooLarge, RequestBodyLimitMiddleware, ResponseTimeout, TimeoutMiddleware

from ._csrf import CSRFMiddleware
from ._csrf_policy import CSRFPolicy
from ._csrf_secret import csrf_token
from ._https_redirect import HTTPSRedirectMiddleware
from ._proxy_headers import ProxyHeadersMiddleware
from ._proxy_policy import ProxyPolicy
from ._security_headers import SecurityHeadersMiddleware
from ._security_headers_policy import StrictTransportSecurity
from ._trusted_host import TrustedHostMiddleware
from ._trusted_host_policy import TrustedHostPolicy

__all__ = [
    "BodyTooLarge",
    "CSRFMiddleware",
    "CSRFPolicy",
    "HTTPSRedirectMiddleware",
    "ProxyHeadersMiddleware",
    "ProxyPolicy",
    "RequestBodyLimitMiddleware",
    "ResponseTimeout",
    "SecurityHeadersMiddleware",
    "StrictTransportSecurity",
    "TimeoutMiddleware",
    "TrustedHostMiddleware",
    "TrustedHostPolicy",
    "csrf_token",
]
