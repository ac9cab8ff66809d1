"""A connection that is being observed."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from time import perf_counter, time_ns
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from armillary.asgi_types import Message, Receive, Scope, Send, find_route_template
from armillary.exchange import HTTPExchange, WebSocketExchange, start_headers

from ._attributes import header_attributes, protocol_attributes, span_name
from ._instruments import Instruments
from ._request_outcome import RequestOutcome

START_TYPES = frozenset({"http.response.start", "websocket.http.response.start"})
MEASURED_ATTRIBUTES = ("http.request.method", "url.scheme")


class Observation:
    """Observes the messages of a connection and records the result when it ends.

    Args:
        instruments: record the measurement.
        span: the connection's span.
        scope, receive, send: the connection.
        response_headers: lower-case names of response headers to record.
    """

    duration: float | None = None
    ended_at: int | None = None

    def __init__(
        self,
        instruments: Instruments,
        span: Span,
        scope: Scope,
        receive: Receive,
        send: Send,
        response_headers: Collection[bytes],
    ) -> None:
        self.began = perf_counter()
        self.instruments = instruments
        self.span = span
        self.scope = scope
        self.receive = receive
        self.server_send = send
        self.response_headers = response_headers
        self.tracker = HTTPExchange() if scope["type"] == "http" else WebSocketExchange()

    @property
    def close_code(self) -> int | None:
        """The code the application closed a WebSocket with."""
        return self.tracker.close_code if isinstance(self.tracker, WebSocketExchange) else None

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message and record its contents."""
        tracker = self.tracker
        tracker.feed(message)
        if message["type"] in START_TYPES:
            if self.response_headers:
                fields = header_attributes("response", start_headers(message), self.response_headers)
                self.span.set_attributes(fields)
        elif self.duration is None and (tracker.ended or tracker.state == "open"):
            return self.send_measured(message)
        return self.server_send(message)

    async def send_measured(self, message: Message) -> None:
        """Send what the duration ends with: the end of a response, or the response to a handshake.

        A background task that follows is not part of a request; the messages of a WebSocket are part of its span.
        """
        await self.server_send(message)
        self.duration = perf_counter() - self.began
        if self.scope["type"] == "http":
            self.ended_at = time_ns()

    def end(self, attributes: dict[str, Any], error: BaseException | None) -> None:
        """End the span and record the measurement.

        Args:
            attributes: those of the request.
            error: what the application raised.
        """
        outcome = RequestOutcome(self.tracker.status, error, self.close_code)
        route = find_route_template(self.scope)
        found = outcome_attributes(outcome, route)
        if self.span.is_recording():
            self.update_span(attributes, outcome, route, found)
        measured = {name: attributes[name] for name in MEASURED_ATTRIBUTES} | protocol_attributes(self.scope) | found
        duration = perf_counter() - self.began if self.duration is None else self.duration
        self.instruments.duration.record(duration, measured)
        self.span.end(self.ended_at if outcome.exception is None else None)

    def update_span(
        self, attributes: dict[str, Any], outcome: RequestOutcome, route: str | None, found: dict[str, Any]
    ) -> None:
        """Write the outcome into the span."""
        span = self.span
        span.set_attributes(found)
        if route is not None:
            span.update_name(span_name(attributes, route))
        if self.close_code is not None:
            span.set_attribute("armillary.websocket.close_code", self.close_code)
        if outcome.exception is not None:
            span.record_exception(outcome.exception)
        if outcome.error_type is not None:
            span.set_status(Status(StatusCode.ERROR))


def outcome_attributes(outcome: RequestOutcome, route: str | None) -> dict[str, Any]:
    """Return the attributes that a span and a measurement share."""
    found: dict[str, Any] = {}
    if route is not None:
        found["http.route"] = route
    if outcome.shown_status is not None:
        found["http.response.status_code"] = outcome.shown_status
    if outcome.error_type is not None:
        found["error.type"] = outcome.error_type
    return found
