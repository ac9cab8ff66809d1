"""A program of Armillary with code written for Starlette; prints its responses, and how it is seen, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import sentry_sdk
import starlette.exceptions
from opentelemetry.instrumentation.starlette import StarletteInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.transport import Transport
from starlette.routing import Match
from starlette_exporter import PrometheusMiddleware

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import HTTPEndpoint, PlainTextResponse, Request
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.testing import TestClient, WebSocketRejected
from armillary.websockets import WebSocket


class Own(starlette.exceptions.HTTPException): ...


async def teapot(request: Request) -> Any:
    raise starlette.exceptions.HTTPException(418, "tea", {"x-pot": "green"})


class Removed(HTTPEndpoint):
    def get(self, request: Request) -> Any:
        raise starlette.exceptions.HTTPException(410)


async def own(request: Request) -> Any:
    raise Own(409, "conflict")


async def talk(websocket: WebSocket) -> None:
    raise starlette.exceptions.HTTPException(403, "not you")


def by_status(request: Request, exc: Any) -> Any:
    return PlainTextResponse(f"handled {exc.status_code} {exc.detail}", status_code=exc.status_code)


def failed(request: Request, exc: Exception) -> Any:
    return PlainTextResponse("failed", status_code=500)


ROUTES = [Route("/teapot", teapot), Route("/gone", Removed), Route("/own", own), WebSocketRoute("/ws", talk)]
APPS = {
    "plain": Armillary(routes=ROUTES),
    "handlers": Armillary(
        routes=ROUTES, exception_handlers={418: by_status, Exception: failed, Own: by_status, LookupError: failed}
    ),
}


def responses(app: Any) -> dict[str, Any]:
    client = TestClient(app, headers={"accept": "text/plain"})
    found: dict[str, Any] = {}
    for path in ("/teapot", "/gone", "/own"):
        response = client.get(path)
        found[path] = [response.status_code, response.text, response.headers.get("x-pot")]
    try:
        with client.websocket_connect("/ws"):
            pass
    except WebSocketRejected as rejected:
        found["/ws"] = rejected.response.status_code
    return found


def template_of(app: Any, path: str, method: str = "GET") -> str | None:
    """Return the route of a request as instrumentation of Starlette finds it: by asking the routes one by one."""
    partial = None
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    for route in app.routes:
        match, _ = route.matches(scope)
        if match == Match.FULL:
            return str(route.path)
        if match == Match.PARTIAL and match != Match.NONE:
            partial = f"partly {route.path}"
    return partial


async def page(request: Request) -> Any:
    return PlainTextResponse("page")


def transactions() -> list[Any]:
    """Return the names that Sentry gives to requests."""
    found: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            for item in envelope.items:
                payload = item.payload.json
                if "request" in payload:  # and no session
                    found.append([payload["transaction"], payload["request"]["url"]])

    sentry_sdk.init("http://key@127.0.0.1:9/1", transport=Kept, traces_sample_rate=1.0)
    TestClient(Armillary(routes=NAMED, middleware=[Middleware(SentryAsgiMiddleware, transaction_style="url")])).get(
        "/users/7"
    )
    sentry_sdk.flush()
    return found


def counted() -> list[str]:
    """Return the routes of which starlette-exporter counts requests."""
    app = Armillary(routes=NAMED, middleware=[Middleware(PrometheusMiddleware, app_name="app", group_paths=True)])
    client = TestClient(app)
    for path in ("/users/7", "/users/8", "/none"):
        client.get(path)
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    requests = [sample for sample in samples if sample.name == "starlette_requests_total"]
    return sorted(f"{sample.labels['path']} {sample.labels['status_code']} {sample.value:.0f}" for sample in requests)


def spans() -> list[Any]:
    """Return the names of the spans that OpenTelemetry's instrumentation of Starlette makes for requests."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = Armillary(routes=NAMED)
    StarletteInstrumentor.instrument_app(app, tracer_provider=provider)  # type: ignore[arg-type]
    TestClient(app).get("/users/7")
    servers = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER]
    return [[span.name, (span.attributes or {}).get("http.route")] for span in servers]


named_files = Armillary(routes=[Route("/{path:path}", page)])
NAMED = [Route("/users/{id}", page, methods=["GET"]), Mount("/files", named_files), Route("/users/me", page)]
named = Armillary(routes=NAMED)
asked = [("/users/7", "GET"), ("/users/7", "POST"), ("/files/a/b", "GET"), ("/none", "GET")]
sys.stdout.write(
    json.dumps(
        {
            **{name: responses(app) for name, app in APPS.items()},
            "templates": [template_of(named, *request) for request in asked],
            "transactions": transactions(),
            "counted": counted(),
            "spans": spans(),
        }
    )
)
