"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import settings
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from armillary.lint import lint
from armillary.telemetry import OpenTelemetryMiddleware

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


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

    async def call(self, app: Any, scope_type: str = "http", received: Any = (), **scope: Any) -> list[Any]:
        """Call an application, both sides checked against the specification; return what was sent."""
        sent: list[Any] = []
        events = list(received)

        async def receive() -> Any:
            if events:
                return events.pop(0)
            if scope_type == "http":
                return {"type": "http.request", "body": b"", "more_body": False}
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            sent.append(message)

        full_scope = {
            "type": scope_type,
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "scheme": "http" if scope_type == "http" else "ws",
            "path": "/",
            "raw_path": None,
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **({"method": "GET"} if scope_type == "http" else {"subprotocols": []}),
            **scope,
        }
        await lint(app)(full_scope, receive, send)
        return sent

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
