"""`starlette.middleware.httpsredirect`."""

from __future__ import annotations

from asterism.security import HTTPSRedirectMiddleware

__all__ = ["HTTPSRedirectMiddleware"]
