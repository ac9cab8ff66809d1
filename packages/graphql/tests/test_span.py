"""One span per operation, if OpenTelemetry is in use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strawberry.extensions.tracing import OpenTelemetryExtension

from armillary.testing import TestClient


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda name, **_: provider.get_tracer(name))
    return exporter


def test_each_operation_has_a_span(serve: Callable[..., TestClient], spans: InMemorySpanExporter) -> None:
    client = serve()
    client.post("/", json={"query": "query Greet { hello }", "operationName": "Greet"})
    client.post("/", json={"query": "subscription { count(to: 1) }"}, headers={"accept": "text/event-stream"})
    found = [(span.name, dict(span.attributes or {})) for span in spans.get_finished_spans()]
    assert found == [
        ("GraphQL query", {"graphql.operation.type": "query", "graphql.operation.name": "Greet"}),
        ("GraphQL subscription", {"graphql.operation.type": "subscription"}),
    ]


def test_the_operations_of_a_batch_and_of_a_websocket_have_a_span_each(
    serve: Callable[..., TestClient], spans: InMemorySpanExporter
) -> None:
    client = serve(batching=True)
    client.post("/", json=[{"query": "{ hello }"}, {"query": "{ hello }"}])
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        for operation_id, query in (("1", "{ hello }"), ("2", "subscription Count { count(to: 1) }")):
            websocket.send_json({"id": operation_id, "type": "subscribe", "payload": {"query": query}})
            assert [websocket.receive_json()["type"] for _ in range(2)] == ["next", "complete"]
    assert [span.name for span in spans.get_finished_spans()] == ["GraphQL query"] * 3 + ["GraphQL subscription"]


def test_nothing_is_loaded_when_opentelemetry_is_not_in_use(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    assert ask("{ hello }").json()["data"]
    assert "opentelemetry.trace" not in sys.modules


def test_strawberrys_own_span_of_a_failed_subscription_is_exported(
    serve: Callable[..., TestClient], schema: strawberry.Schema, spans: InMemorySpanExporter
) -> None:
    traced = strawberry.Schema(schema.query, subscription=schema.subscription, extensions=[OpenTelemetryExtension])
    with serve(traced).websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        for query, expected in (("subscription { nothing }", "error"), ("{ hello }", "next")):
            payload = {"query": query, "operationName": None}
            websocket.send_json({"id": query, "type": "subscribe", "payload": payload})
            assert websocket.receive_json()["type"] == expected
    own = [
        span for span in spans.get_finished_spans() if span.attributes and span.attributes.get("component") == "graphql"
    ]
    assert [span.attributes["query"] for span in own if "query" in span.attributes] == [
        "subscription { nothing }",
        "{ hello }",
    ]
