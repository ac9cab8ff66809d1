"""The ASGI shell: a span and a measurement for every connection."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from opentelemetry import context, propagate, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, TracerProvider

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, expect_route_template, scope_record
from armillary.datastructures import encode_header

from ._attributes import known_methods, request_attributes, span_name
from ._exclusion import ExcludedURLs
from ._getter import ScopeGetter
from ._instruments import Instruments
from ._observation import Observation

SCOPE_GETTER = ScopeGetter()


class OpenTelemetryMiddleware:
    """Make a server span and a duration measurement for every request, and a span for every WebSocket.

    The span is a child of the one the request's headers name, else of the current one if any, and
    is itself the current one while the application runs. It is named after the method and the
    route's template. If several of these middlewares are nested, the outermost decides.

    Args:
        app: the application to observe.
        excluded_urls: regular expressions searched for in the path, never in the query or the host, such
            as `["^/health$"]`, or one text with commas; by default none.
        tracer_provider: makes the spans; by default the global one, looked up at the first
            connection.
        meter_provider: makes the histogram; by default the global one, likewise.
        request_headers, response_headers: headers to record in the span, such as
            `["content-type"]`; by default none, since they may hold secrets.

    Raises:
        TypeError: a string instead of a list of headers; a pattern that is not text; an invalid provider.
        ValueError: a pattern that is not a regular expression, or is for more than a path; an invalid header name.

    OpenTelemetry semantic conventions for HTTP spans and metrics (stable); W3C Trace Context.
    """

    observes_websockets: ClassVar[bool] = True
    """Whether WebSockets get a span."""

    excludes_by_whole_url: ClassVar[bool] = False
    """Whether `excluded_urls` are searched for in the whole URL, which lets clients choose not to be observed."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        request_headers: Collection[str] = (),
        response_headers: Collection[str] = (),
        excluded_urls: str | Sequence[str] = (),
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        for parameter, provider, method in (
            ("tracer_provider", tracer_provider, "get_tracer"),
            ("meter_provider", meter_provider, "get_meter"),
        ):
            if provider is not None and not callable(getattr(provider, method, None)):
                raise TypeError(f"{parameter} has a method {method}, got {provider!r}")
        self.app = app
        self.excluded: ExcludedURLs = ExcludedURLs(excluded_urls, in_whole_url=self.excludes_by_whole_url)
        self.tracer_provider = tracer_provider
        self.meter_provider = meter_provider
        self.request_headers: frozenset[bytes] = header_names("request_headers", request_headers)
        self.response_headers: frozenset[bytes] = header_names("response_headers", response_headers)
        self.known_methods: frozenset[str] = known_methods()
        self._instruments: Instruments | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        instruments = self._instruments
        if instruments is None:
            instruments = self._instruments = Instruments(self.tracer_provider, self.meter_provider)
        if not instruments.observe or not self.is_first(scope):
            await self.app(scope, receive, send)
            return
        record = expect_route_template(scope)
        record["traced"] = not self.excluded.excludes_scope(scope)
        try:
            if record["traced"]:
                await self.observe(instruments, scope, receive, send)
            else:
                await self.app(scope, receive, send)
        finally:
            record.pop("traced", None)

    def is_first(self, scope: Scope) -> bool:
        """Return whether this middleware decides about the connection: the outermost does, for all inside."""
        if scope["type"] != "http" and not (scope["type"] == "websocket" and self.observes_websockets):
            return False
        return "traced" not in scope_record(scope)

    async def observe(self, instruments: Instruments, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside a span."""
        attributes = request_attributes(scope, self.known_methods, self.request_headers)
        parent = propagate.extract(scope, context.get_current(), SCOPE_GETTER)
        span = instruments.tracer.start_span(
            span_name(attributes, None), context=parent, kind=SpanKind.SERVER, attributes=attributes
        )
        observation = Observation(instruments, span, scope, receive, send, self.response_headers)
        token = context.attach(trace.set_span_in_context(span, parent))
        error: BaseException | None = None
        try:
            await self.app(scope, observation.receive, observation.send)
        except BaseException as exc:
            error = exc
            raise
        finally:
            observation.end(attributes, error)
            context.detach(token)


def header_names(parameter: str, names: Collection[str]) -> frozenset[bytes]:
    """Return header names in the form used in a scope; raise for invalid names."""
    if isinstance(names, str):
        raise TypeError(f"{parameter} is a list; write [{names!r}]")
    return frozenset(encode_header(name, "")[0] for name in names)
