"""`starlette.middleware.trustedhost`."""

from __future__ import annotations

from armillary.security import TrustedHostMiddleware

__all__ = ["ENFORCE_DOMAIN_WILDCARD", "TrustedHostMiddleware"]

ENFORCE_DOMAIN_WILDCARD = "Domain wildcard patterns must be like '*.example.com'."
