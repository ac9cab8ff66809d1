"""The state of a connection while it is served and logged."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Generic, Protocol, TypeVar

from armillary.asgi_types import HTTPException, Message, Receive, Scope, ScopeRecord, Send, expect_route_template
from armillary.exchange import HTTPExchange, WebSocketExchange

from ._entry import outcome_of
from ._request_id import RequestIDPolicy

ExchangeT = TypeVar("ExchangeT", bound=HTTPExchange | WebSocketExchange)


class AccessLog(Protocol):
    """Writes the line of a connection."""

    def write(self, exchange: LoggedExchange[Any], outcome: str, error: BaseException | None = None) -> None: ...


class LoggedExchange(Generic[ExchangeT]):
    """A connection that is being served: the channels of its application.

    Args:
        log: where its line is written, once.
        scope, receive, send: the connection.
        tracker: follows its state.
        began: when it arrived, by `perf_counter`.

    Attributes:
        record: the scope record.
        policy: how its id is added to the response; None if it is not.
        request_id: that id.
        size: bytes sent so far.
        disconnected: whether sending failed because the client has disconnected.
        has_left: whether the application of a request was told that the client has.
        written: whether the line was written.
        status_of_exception: the status of the `HTTPException` that ended it instead of a response.
    """

    # Without slots, and with the first values in the class, each is looked for in two dictionaries.
    __slots__ = (
        *("began", "disconnected", "has_left", "log", "policy", "record", "request_id", "scope", "server_receive"),
        *("server_send", "size", "status_of_exception", "tracker", "written"),
    )

    def __init__(
        self, log: AccessLog, scope: Scope, receive: Receive, send: Send, tracker: ExchangeT, began: float
    ) -> None:
        self.log = log
        self.scope = scope
        self.server_receive = receive
        self.server_send = send
        self.tracker = tracker
        self.record: ScopeRecord = expect_route_template(scope)
        self.began = began
        self.policy: RequestIDPolicy | None = None
        self.request_id: str = ""
        self.size: int = 0
        self.disconnected: bool = False
        self.has_left: bool = False
        self.written: bool = False
        self.status_of_exception: int | None = None

    async def receive(self) -> Message:
        """Receive a message and record a disconnect."""
        raise NotImplementedError

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message and record its contents."""
        raise NotImplementedError

    def end(self) -> None:
        """Write the line, now that the application has returned without completing the response."""
        raise NotImplementedError

    def fail(self, exc: BaseException) -> None:
        """Write the line, now that the application has raised.

        Without a response there is no status yet: which one is sent is decided further out. An `HTTPException` is a
        response by itself.
        """
        if self.written:
            return
        if isinstance(exc, HTTPException) and not self.tracker.started:
            self.status_of_exception = exc.status_code
            self.log.write(self, "complete")
            return
        self.log.write(self, outcome_of(exc, self.disconnected), exc)
