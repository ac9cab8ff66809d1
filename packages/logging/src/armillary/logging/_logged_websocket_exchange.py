"""A WebSocket that is being served."""

from __future__ import annotations

from armillary.asgi_types import Message
from armillary.exchange import CLOSED_ABNORMALLY, WebSocketExchange

from ._logged_exchange import LoggedExchange

START_TYPES = ("websocket.accept", "websocket.http.response.start")


class LoggedWebSocketExchange(LoggedExchange[WebSocketExchange]):
    """A handshake and the messages after it. Its line is written when the application ends."""

    __slots__ = ()

    async def receive(self) -> Message:
        tracker = self.tracker
        had_ended = tracker.ended
        message = await tracker.receive()
        if tracker.ended and not had_ended:
            self.disconnected = tracker.close_code == CLOSED_ABNORMALLY
        return message

    async def send(self, message: Message) -> None:
        self.tracker.feed(message)
        if self.policy is not None and message["type"] in START_TYPES:
            message = self.policy.named(message, self.request_id)
        try:
            await self.server_send(message)
        except OSError:
            self.disconnected = True
            raise
        self.size += payload_size(message)

    def end(self) -> None:
        """Write the line: a handshake without a response is the application's failure, unless the client has left."""
        tracker = self.tracker
        if self.disconnected or (tracker.started and not tracker.ended):
            self.log.write(self, "disconnected")
        else:
            self.log.write(self, "complete" if tracker.ended else "failed")


def payload_size(message: Message) -> int:
    """Return the bytes of a WebSocket message, or of the body of a rejection."""
    kind = message["type"]
    if kind == "websocket.http.response.body":
        return len(message.get("body", b""))
    if kind != "websocket.send":
        return 0
    text = message.get("text")
    return len(message.get("bytes") or b"") if text is None else len(text.encode("utf-8", "surrogatepass"))
