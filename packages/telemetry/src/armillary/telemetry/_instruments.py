"""The tracer and the histogram of a middleware."""

from __future__ import annotations

from typing import Final

from opentelemetry import metrics, trace

NAME: Final = "armillary.telemetry"
VERSION: Final = "1.0.0"
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"

DURATION_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds, as the conventions advise for `http.server.request.duration`."""


class Instruments:
    """The tracer and instruments of observations.

    Args:
        tracer_provider, meter_provider: of the program; None for the global ones.
    """

    def __init__(
        self, tracer_provider: trace.TracerProvider | None, meter_provider: metrics.MeterProvider | None
    ) -> None:
        tracers = trace.get_tracer_provider() if tracer_provider is None else tracer_provider
        meters = metrics.get_meter_provider() if meter_provider is None else meter_provider
        self.tracer: trace.Tracer = tracers.get_tracer(NAME, VERSION, schema_url=SCHEMA_URL)
        meter = meters.get_meter(NAME, VERSION, schema_url=SCHEMA_URL)
        self.duration: metrics.Histogram = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=DURATION_BOUNDARIES,
        )
        self.observe: bool = not (
            isinstance(tracers, trace.NoOpTracerProvider) and isinstance(meters, metrics.NoOpMeterProvider)
        )
