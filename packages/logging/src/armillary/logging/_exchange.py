"""What is known of a connection while it is served."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from armillary.asgi_types import HTTPException, Message, Scope, Send, expect_route_template

from ._entry import outcome_of
from ._request_id import RequestIDPolicy


class AccessLog(Protocol):
    """Where a connection's line is written."""

    def write(self, exchange: Exchange, outcome: str, error: BaseException | None = None) -> None: ...


class Exchange:
    """A connection that is being served: the channels its application talks through.

    Args:
        log: where its line is written, once.
        scope, send: the connection.
        began: when it arrived, by `perf_counter`.

    Attributes:
        record: what the parts share about it.
        policy: how its id is named in the response; None where it is not.
        request_id: that id.
        status: the response's status, once there is one.
        size: bytes sent so far.
        close_code: of a WebSocket.
        disconnected: whether the client is known to be gone.
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
        """Send a message, taking note of what it says."""
        raise NotImplementedError

    def end(self) -> None:
        """Write the line, now that the application has returned without."""
        self.log.write(self, "disconnected")

    def fail(self, exc: BaseException) -> None:
        """Write the line, now that the application has raised."""
        if self.written:
            return
        if isinstance(exc, HTTPException) and self.status is None:
            # A part outside answers it.
            self.status = exc.status_code
            self.log.write(self, "complete")
            return
        outcome = outcome_of(exc, self.disconnected)
        if outcome == "failed" and self.status is None:
            self.status = 500
        self.log.write(self, outcome, exc)
