"""A WebSocket that is being served."""

from __future__ import annotations

from armillary.asgi_types import Message, Receive

from ._logged_exchange import LoggedExchange

START_TYPES = ("websocket.accept", "websocket.http.response.start")

ABNORMAL_CLOSURE = 1006
"""The code of a connection that ended without a close frame (RFC 6455 section 7.4.1)."""


class LoggedWebSocketExchange(LoggedExchange):
    """A handshake and the messages after it. Its line is written when the application ends."""

    ended = False

    def receiving(self, receive: Receive) -> Receive:
        """Return the application's receive channel."""
        self.server_receive = receive
        return self.receive_and_record

    async def receive_and_record(self) -> Message:
        """Receive a message and record the disconnect."""
        message = await self.server_receive()
        if message["type"] == "websocket.disconnect" and not self.ended:
            self.close_code = message.get("code", 1005)
            self.disconnected = self.close_code == ABNORMAL_CLOSURE
            self.ended = True
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if self.policy is not None and kind in START_TYPES:
            message = self.policy.named(message, self.request_id)
        try:
            await self.server_send(message)
        except OSError:
            self.disconnected = True
            raise
        if kind == "websocket.send":
            self.size += payload_size(message)
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close":
            self.record_close(message)
        elif kind == "websocket.http.response.start":
            self.status = message["status"]
        elif kind == "websocket.http.response.body":
            self.size += len(message.get("body", b""))
            self.ended = not message.get("more_body", False)

    def record_close(self, message: Message) -> None:
        """Record that the application closed; before it accepted, the server responds with 403."""
        self.ended = True
        if self.status is None:
            self.status = 403
        elif self.close_code is None:
            self.close_code = message.get("code", 1000)

    def end(self) -> None:
        self.log.write(self, "complete" if self.ended and not self.disconnected else "disconnected")


def payload_size(message: Message) -> int:
    """Return the bytes of a WebSocket message."""
    text = message.get("text")
    return len(message.get("bytes") or b"") if text is None else len(text.encode("utf-8", "surrogatepass"))
