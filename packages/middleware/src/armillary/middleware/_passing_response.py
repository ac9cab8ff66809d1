"""The application's response as dispatch sees it: started, with its body still to come."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from armillary.asgi_types import ClientDisconnect, Message, Receive, Scope, Send
from armillary.exchange import HTTPExchange, start_headers
from armillary.http import Background, StreamingResponse

from ._suspendable import SuspendableCoroutine, Suspension


class NextMessage(Suspension):
    """Awaited for the next message the application sends; gives None once it has ended."""

    __slots__ = ()


class PassingBody:
    """The parts of the body as the application sends them. Nothing is held back or collected."""

    __slots__ = ("_broken_off", "_coroutine", "_tracker", "started")

    def __init__(self, coroutine: SuspendableCoroutine[Any], tracker: HTTPExchange) -> None:
        self._coroutine = coroutine
        self._tracker = tracker
        self.started: bool = False
        self._broken_off = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.started = True
        if self._broken_off or self._tracker.state != "body":
            raise StopAsyncIteration
        message: Message | None = await NextMessage(self._coroutine)
        if message is None:
            self._broken_off = True
            raise ClientDisconnect("the application ended before its response was complete")
        if message["type"] != "http.response.body":
            raise TypeError(
                f"the application sent {message['type']!r}, which has no bytes to iterate over; return its "
                "response as it is, or take the extension out of scope['extensions'] before call_next"
            )
        body: bytes = message.get("body", b"")
        return body


class PassingResponse(StreamingResponse):
    """What `call_next` returns: status and headers of the application's response.

    Change `status_code` and `headers` in place and return it: the body then passes through unread. To
    change the body, replace `body_iterator` with an async iterator over it, and delete the
    Content-Length if that changes; or return another response, and what the application still
    sends is dropped.
    """

    background: Background | None

    def __init__(self, start: Message, coroutine: SuspendableCoroutine[Any], tracker: HTTPExchange) -> None:
        self.start = start
        self.status_code: int = start["status"]
        self.raw_headers: list[tuple[bytes, bytes]] = start_headers(start)
        self.passing_body: PassingBody = PassingBody(coroutine, tracker)
        self.body_iterator: AsyncIterable[Any] = self.passing_body
        self.background = None
        self.trailers: None = None

    @property
    def is_untouched(self) -> bool:
        """Whether the body may pass through unread: it was neither replaced nor read."""
        return self.body_iterator is self.passing_body and not self.passing_body.started

    async def send_content(self, scope: Scope, receive: Receive, send: Send, with_trailers: bool = False) -> None:
        """Send the body part by part; it is the application that watches for a disconnect."""
        await self.send_body(send, with_trailers)

    def start_message(self) -> dict[str, Any]:
        """Return the start to send: the application's, with status and headers as they are now."""
        return {**self.start, "status": self.status_code, "headers": [*self.raw_headers]}
