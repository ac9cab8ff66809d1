"""The SDK with what it recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from testkit import SentMessages, call

from armillary.telemetry import OpenTelemetryMiddleware


class Telemetry:
    """The SDK with its in-memory exporters, and a client that calls an application through the middleware."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader])

    def around(self, app: Any, **options: Any) -> OpenTelemetryMiddleware:
        providers = {"tracer_provider": self.tracer_provider, "meter_provider": self.meter_provider}
        return OpenTelemetryMiddleware(app, **{**providers, **options})

    async def call(self, app: Any, scope_type: str = "http", received: Any = None, **keys: Any) -> SentMessages:
        """Call an application; return what was sent."""
        return await call(app, received=received, **{"type": scope_type, "raw_path": None, "headers": [], **keys})

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.spans
        return span

    def points(self) -> list[Any]:
        """Return what was measured of `http.server.request.duration`, the only metric there is."""
        data = self.reader.get_metrics_data()
        if data is None:
            return []
        metrics = [
            metric for resource in data.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics
        ]
        assert [(metric.name, metric.unit) for metric in metrics] == [("http.server.request.duration", "s")]
        return list(metrics[0].data.data_points)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry()
    yield made
    made.tracer_provider.shutdown()
    made.meter_provider.shutdown()
