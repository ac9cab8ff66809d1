"""`OpenTelemetryMiddleware` with the SDK's in-memory exporters."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, StatusCode

from armillary.asgi_types import HTTPException
from armillary.lint import lint
from armillary.telemetry import OpenTelemetryMiddleware

START = {"type": "http.response.start", "status": 200, "headers": [(b"x-kind", b"star"), (b"set-cookie", b"secret")]}
END = {"type": "http.response.body", "body": b"ok"}

pytestmark = pytest.mark.anyio


def app_sending(*messages: Any, raised: BaseException | None = None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
        for message in messages:
            await send(message)
        if raised is not None:
            raise raised

    return app


hello = app_sending(START, END)


def route(path: str) -> Any:
    return SimpleNamespace(path=path)


async def test_a_request_is_a_span_and_a_measurement(telemetry: Any) -> None:
    sent = await telemetry.call(telemetry.around(lint(hello)), path="/users/7", route=route("/users/{id}"))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    span = telemetry.span
    assert (span.name, span.kind) == ("GET /users/{id}", SpanKind.SERVER)
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{id}",
        "url.scheme": "http",
        "url.path": "/users/7",
        "server.address": "127.0.0.1",
        "server.port": 8000,
        "client.address": "192.0.2.1",
        "network.peer.address": "192.0.2.1",
        "network.peer.port": 5000,
        "network.protocol.version": "1.1",
    }
    assert span.status.status_code is StatusCode.UNSET
    assert span.instrumentation_scope.schema_url.startswith("https://opentelemetry.io/schemas/")
    (point,) = telemetry.points()
    assert dict(point.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{id}",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
    }
    assert (point.count, 0 <= point.sum < 5) == (1, True)
    assert point.explicit_bounds == (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


async def test_the_template_below_a_mount_names_the_span(telemetry: Any) -> None:
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        copied = dict(scope)
        copied["armillary"]["route_path"] = "/api/users/{id}"
        await hello(copied, receive, send)

    await telemetry.call(telemetry.around(mounted), path="/api/users/7")
    assert telemetry.span.name == "GET /api/users/{id}"


async def test_the_number_of_measured_series_is_not_the_clients_choice(telemetry: Any) -> None:
    app = telemetry.around(app_sending({**START, "status": 404}, END))
    for number in range(20):
        await telemetry.call(app, path=f"/{number}", method=f"M{number}", headers=[(b"host", b"%d.test" % number)])
    assert len(telemetry.points()) == 1


async def test_the_span_is_the_current_one_inside_and_no_longer_outside(telemetry: Any) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(trace.get_current_span().get_span_context())
        await hello(scope, receive, send)

    await telemetry.call(telemetry.around(app))
    assert seen == [telemetry.span.context]
    assert trace.get_current_span() is trace.INVALID_SPAN


async def test_the_parent_is_the_one_the_request_names(telemetry: Any) -> None:
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = [(b"traceparent", f"00-{trace_id}-{span_id}-01".encode())]
    await telemetry.call(telemetry.around(hello), headers=headers)
    assert telemetry.span.context.trace_id == int(trace_id, 16)
    assert telemetry.span.parent.span_id == int(span_id, 16)
    assert telemetry.span.parent.is_remote


@pytest.mark.parametrize("value", [b"", b"00-0-0-01", b"\xff" * 55, b"a" * 5000])
async def test_a_broken_parent_is_none(telemetry: Any, value: bytes) -> None:
    await telemetry.call(telemetry.around(hello), headers=[(b"traceparent", value)])
    assert telemetry.span.parent is None


async def test_the_span_ends_with_the_last_byte_and_not_with_background_work(telemetry: Any) -> None:
    sent_all: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        sent_all.append(time.time_ns())
        await anyio.sleep(0.2)

    began = time.perf_counter()
    await telemetry.call(telemetry.around(app))
    assert telemetry.span.end_time <= sent_all[0]
    assert telemetry.points()[0].sum < time.perf_counter() - began - 0.19


async def test_a_stream_passes_through_as_it_is_made(telemetry: Any) -> None:
    parts = [{"type": "http.response.body", "body": b"a", "more_body": True}] * 3
    sent = await telemetry.call(telemetry.around(lint(app_sending(START, *parts, END))))
    assert sent == [START, *parts, END]


async def test_trailers_end_a_response_that_announces_them(telemetry: Any) -> None:
    trailers = {"type": "http.response.trailers", "headers": []}
    app = telemetry.around(app_sending({**START, "trailers": True}, END, trailers))
    await telemetry.call(app, extensions={"http.response.trailers": {}})
    assert telemetry.span.attributes["http.response.status_code"] == 200


async def test_an_exception_is_recorded_once_and_raised_on(telemetry: Any) -> None:
    with pytest.raises(RuntimeError):
        await telemetry.call(telemetry.around(app_sending(raised=RuntimeError("no"))))
    span = telemetry.span
    assert (span.attributes["error.type"], span.status.status_code) == ("RuntimeError", StatusCode.ERROR)
    assert [event.name for event in span.events] == ["exception"]
    assert "http.response.status_code" not in span.attributes
    assert telemetry.points()[0].attributes["error.type"] == "RuntimeError"
    assert trace.get_current_span() is trace.INVALID_SPAN


async def test_an_exception_after_the_500_has_both(telemetry: Any) -> None:
    with pytest.raises(KeyError):
        await telemetry.call(telemetry.around(app_sending({**START, "status": 500}, END, raised=KeyError("x"))))
    span = telemetry.span
    assert (span.attributes["http.response.status_code"], span.attributes["error.type"]) == (500, "KeyError")
    assert span.events[0].timestamp <= span.end_time


@pytest.mark.parametrize(("status", "code"), [(404, StatusCode.UNSET), (503, StatusCode.ERROR)])
async def test_an_http_exception_handled_by_outer_middleware(telemetry: Any, status: int, code: StatusCode) -> None:
    with pytest.raises(HTTPException):
        await telemetry.call(telemetry.around(app_sending(raised=HTTPException(status))))
    span = telemetry.span
    assert (span.attributes["http.response.status_code"], span.status.status_code) == (status, code)
    assert span.events == ()


async def test_a_cancelled_request_ends_its_span(telemetry: Any) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01):
        await telemetry.call(telemetry.around(slow))
    assert telemetry.span.attributes["error.type"].lower().endswith(("cancelled", "cancellederror"))


async def test_headers_are_recorded_if_they_are_named(telemetry: Any) -> None:
    app = telemetry.around(hello, request_headers=["X-Tenant"], response_headers=["X-Kind"])
    await telemetry.call(app, headers=[(b"x-tenant", b"a"), (b"cookie", b"secret")])
    attributes = telemetry.span.attributes
    assert attributes["http.request.header.x-tenant"] == ("a",)
    assert attributes["http.response.header.x-kind"] == ("star",)
    assert "secret" not in str(dict(attributes))


async def test_excluded_urls_are_not_observed_by_any_middleware_inside(telemetry: Any) -> None:
    app = telemetry.around(telemetry.around(hello), excluded_urls=["/health$"])
    await telemetry.call(app, path="/health")
    assert telemetry.spans == ()
    assert telemetry.points() == []
    await telemetry.call(app, path="/healthy")
    assert len(telemetry.spans) == 1


async def test_middlewares_around_each_other_make_one_span(telemetry: Any) -> None:
    await telemetry.call(telemetry.around(telemetry.around(hello)))
    assert telemetry.points()[0].count == len(telemetry.spans) == 1


async def test_a_request_made_while_serving_another_has_its_own_span(telemetry: Any) -> None:
    async def outer(scope: Any, receive: Any, send: Any) -> None:
        await telemetry.call(telemetry.around(hello), path="/inner")
        await hello(scope, receive, send)

    await telemetry.call(telemetry.around(outer), path="/outer")
    inner, outer_span = telemetry.spans
    assert inner.parent.span_id == outer_span.context.span_id


CONNECT = {"type": "websocket.connect"}


@pytest.mark.parametrize(
    ("messages", "status", "close_code", "error"),
    [
        ([{"type": "websocket.accept"}, {"type": "websocket.close"}], 101, 1000, None),
        ([{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1011}], 101, 1011, "1011"),
        ([{"type": "websocket.close", "code": 1008}], 403, None, None),
        ([{"type": "websocket.accept"}, {"type": "websocket.send", "text": "a"}], 101, None, None),
        (
            [
                {"type": "websocket.http.response.start", "status": 503, "headers": []},
                {"type": "websocket.http.response.body"},
            ],
            503,
            None,
            "503",
        ),
    ],
)
async def test_a_websocket_is_a_span(
    telemetry: Any, messages: Any, status: int, close_code: int | None, error: str | None
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            await send(message)
        if messages[-1]["type"] == "websocket.send":
            await receive()

    options = {"route": route("/feed/{id}"), "extensions": {"websocket.http.response": {}}}
    sent = await telemetry.call(telemetry.around(lint(app)), "websocket", [CONNECT], **options)
    assert sent == messages
    span = telemetry.span
    assert span.name == "GET /feed/{id}"
    assert (span.attributes["http.response.status_code"], span.attributes["url.scheme"]) == (status, "ws")
    assert span.attributes.get("armillary.websocket.close_code") == close_code
    assert span.attributes.get("error.type") == error
    assert telemetry.points()[0].attributes["http.response.status_code"] == status


async def test_the_measurement_of_a_websocket_is_of_its_handshake(telemetry: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await anyio.sleep(0.2)
        await send({"type": "websocket.close"})

    began = time.perf_counter()
    await telemetry.call(telemetry.around(app), "websocket", [CONNECT])
    assert telemetry.points()[0].sum < time.perf_counter() - began - 0.19
    assert telemetry.span.end_time - telemetry.span.start_time > 0.15e9


async def test_lifespans_pass_through_untouched(telemetry: Any) -> None:
    seen: list[Any] = []

    async def app(*channels: Any) -> None:
        seen.extend(channels)

    async def unused(message: Any = None) -> Any: ...

    await telemetry.around(app)({"type": "lifespan"}, unused, unused)
    assert seen == [{"type": "lifespan"}, unused, unused]
    assert telemetry.spans == ()


async def test_without_an_sdk_nothing_changes() -> None:
    async def unused(message: Any = None) -> Any: ...

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await OpenTelemetryMiddleware(hello)(dict(scope), unused, unused)
    silent = {"tracer_provider": trace.NoOpTracerProvider(), "meter_provider": metrics.NoOpMeterProvider()}
    seen: list[Any] = []

    async def app(*channels: Any) -> None:
        seen.extend(channels)

    await OpenTelemetryMiddleware(app, **silent)(scope, unused, unused)
    assert seen == [{"type": "http", "method": "GET", "path": "/", "headers": []}, unused, unused]


async def test_measurements_without_spans(telemetry: Any) -> None:
    await telemetry.call(telemetry.around(hello, tracer_provider=trace.NoOpTracerProvider()))
    assert telemetry.spans == ()
    assert telemetry.points()[0].count == 1


def test_importing_it_loads_nothing_beyond_the_api() -> None:
    program = (
        "import sys; before = set(sys.modules); import armillary.telemetry;"
        "new = {n for n in set(sys.modules) - before if n.partition('.')[0] not in sys.stdlib_module_names};"
        "print(sorted({'.'.join(n.split('.')[:2]) for n in new}))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(eval(found.stdout))
    api = {"context", "propagate", "propagators", "trace", "metrics", "attributes", "environment_variables", "util"}
    api |= {"version", "baggage", "_events", "_logs", "py"}
    assert {"opentelemetry.trace", "opentelemetry.metrics"} <= loaded
    foreign = {name for name in loaded if name.split(".")[0] not in ("armillary", "opentelemetry", "typing_extensions")}
    assert not {name for name in foreign if not name.startswith("_")}
    assert {name.split(".")[1] for name in loaded if name.startswith("opentelemetry.")} <= api
    assert {name for name in loaded if name.startswith("armillary.")} == {
        "armillary.asgi_types",
        "armillary.datastructures",
        "armillary.exchange",
        "armillary.telemetry",
    }
