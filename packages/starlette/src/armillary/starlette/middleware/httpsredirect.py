"""`starlette.middleware.httpsredirect`."""

from __future__ import annotations

from armillary.security import HTTPSRedirectMiddleware

__all__ = ["HTTPSRedirectMiddleware"]
