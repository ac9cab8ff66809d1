"""`starlette.middleware.opentelemetry`: HTTP requests only, excluded by their whole URL."""

from __future__ import annotations

from armillary.telemetry import OpenTelemetryMiddleware as NativeOpenTelemetryMiddleware

__all__ = ["OpenTelemetryMiddleware"]


class OpenTelemetryMiddleware(NativeOpenTelemetryMiddleware):
    """The native middleware, which lets WebSockets pass."""

    observes_websockets = False
    excludes_by_whole_url = True
