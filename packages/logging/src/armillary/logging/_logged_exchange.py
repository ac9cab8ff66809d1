"""The state of a connection while it is served and logged."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from armillary.asgi_types import HTTPException, Message, Scope, Send, expect_route_template

from ._entry import outcome_of
from ._request_id import RequestIDPolicy


class AccessLog(Protocol):
    """Writes the line of a connection."""

    def write(self, exchange: LoggedExchange, outcome: str, error: BaseException | None = None) -> None: ...


class LoggedExchange:
    """A connection that is being served: the channels of its application.

    Args:
        log: where its line is written, once.
        scope, send: the connection.
        began: when it arrived, by `perf_counter`.

    Attributes:
        record: the scope record.
        policy: how its id is added to the response; None if it is not.
        request_id: that id.
        status: the response's status, once there is one.
        size: bytes sent so far.
        close_code: of a WebSocket.
        disconnected: whether the client is known to have disconnected.
        written: whether the line was written.
    """

    policy: RequestIDPolicy | None = None
    request_id = ""
    status: int | None = None
    size = 0
    close_code: int | None = None
    disconnected = False
    written = False

    def __init__(self, log: AccessLog, scope: Scope, send: Send, began: float) -> None:
        self.log = log
        self.scope = scope
        self.server_send = send
        self.record = expect_route_template(scope)
        self.began = began

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message and record its contents."""
        raise NotImplementedError

    def end(self) -> None:
        """Write the line, now that the application has returned without completing the response."""
        self.log.write(self, "disconnected")

    def fail(self, exc: BaseException) -> None:
        """Write the line, now that the application has raised."""
        if self.written:
            return
        if isinstance(exc, HTTPException) and self.status is None:
            # Outer middleware sends the response.
            self.status = exc.status_code
            self.log.write(self, "complete")
            return
        outcome = outcome_of(exc, self.disconnected)
        if outcome == "failed" and self.status is None:
            self.status = 500
        self.log.write(self, outcome, exc)
