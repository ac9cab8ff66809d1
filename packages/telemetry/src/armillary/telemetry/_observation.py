"""A connection that is being observed."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from time import perf_counter, time_ns
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from armillary.asgi_types import Message, Receive, Scope, Send, find_route_template

from ._attributes import header_attributes, protocol_attributes, span_name
from ._instruments import Instruments
from ._request_outcome import RequestOutcome

START_TYPES = frozenset({"http.response.start", "websocket.http.response.start"})
END_TYPES = frozenset({"http.response.body", "http.response.zerocopysend", "http.response.pathsend"})
MEASURED_ATTRIBUTES = ("http.request.method", "url.scheme")


class Observation:
    """Observes the messages of a connection and records the result when it ends.

    Args:
        instruments: record the measurement.
        span: the connection's span.
        scope, receive, send: the connection.
        response_headers: lower-case names of response headers to record.
    """

    status: int | None = None
    close_code: int | None = None
    duration: float | None = None
    ended_at: int | None = None
    expects_trailers = False

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

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message and record its contents."""
        kind: str = message["type"]
        if kind in START_TYPES:
            self.status = message["status"]
            self.expects_trailers = bool(message.get("trailers"))
            if self.response_headers:
                fields = header_attributes("response", message.get("headers", ()), self.response_headers)
                self.span.set_attributes(fields)
        elif kind == "http.response.body" or kind in END_TYPES:
            if not message.get("more_body") and not self.expects_trailers:
                return self.send_last(message)
        elif kind == "http.response.trailers":
            if not message.get("more_trailers"):
                return self.send_last(message)
        elif self.scope["type"] == "websocket":
            self.record_websocket(kind, message)
        return self.server_send(message)

    async def send_last(self, message: Message) -> None:
        """Send the end of a response: a background task that follows is not part of the request."""
        await self.server_send(message)
        if self.duration is None:
            self.duration = perf_counter() - self.began
            self.ended_at = time_ns()

    def record_websocket(self, kind: str, message: Message) -> None:
        """Record the response to a handshake and the close code."""
        if kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close":
            if self.status is None:
                self.status = 403
            else:
                self.close_code = message.get("code", 1000)
        if self.duration is None:
            self.duration = perf_counter() - self.began

    def end(self, attributes: dict[str, Any], error: BaseException | None) -> None:
        """End the span and record the measurement.

        Args:
            attributes: those of the request.
            error: what the application raised.
        """
        outcome = RequestOutcome(self.status, error, self.close_code)
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
