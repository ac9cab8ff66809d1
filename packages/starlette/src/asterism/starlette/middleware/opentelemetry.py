"""`starlette.middleware.opentelemetry`: HTTP requests only."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from asterism.asgi_types import ASGIApp
from asterism.telemetry import OpenTelemetryMiddleware as NativeOpenTelemetryMiddleware

__all__ = ["OpenTelemetryMiddleware"]


class OpenTelemetryMiddleware(NativeOpenTelemetryMiddleware):
    """The native middleware, which lets WebSockets pass."""

    observes_websockets = False

    def __init__(
        self,
        app: ASGIApp,
        *,
        excluded_urls: str | Sequence[str] = (),
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        super().__init__(
            app, excluded_urls=excluded_urls, tracer_provider=tracer_provider, meter_provider=meter_provider
        )
