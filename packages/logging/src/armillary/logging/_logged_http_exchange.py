"""An HTTP request that is being served."""

from __future__ import annotations

from collections.abc import Awaitable
from os import stat

from armillary.asgi_types import Message
from armillary.exchange import HTTPExchange

from ._logged_exchange import LoggedExchange


class LoggedHTTPExchange(LoggedExchange[HTTPExchange]):
    """A request and its response."""

    __slots__ = ()

    async def receive(self) -> Message:
        message = await self.server_receive()
        if message["type"] == "http.disconnect":
            self.has_left = True
        return message

    def send(self, message: Message) -> Awaitable[None]:
        self.tracker.feed(message)
        if message["type"] != "http.response.start":
            return self.send_part(message)
        if self.policy is not None:
            message = self.policy.named(message, self.request_id)
        return self.server_send(message)

    async def send_part(self, message: Message) -> None:
        """Send what comes after the start, and write the line with the last part."""
        try:
            await self.server_send(message)
        except OSError:
            self.disconnected = True
            raise
        is_body = message["type"] == "http.response.body"
        self.size += len(message.get("body", b"")) if is_body else size_of_other_part(message)
        if self.tracker.ended and not self.written:
            # Errors are reported before their response is sent.
            if "reported_exception" in self.record:
                self.log.write(self, "failed", self.record["reported_exception"])
            else:
                self.log.write(self, "complete")

    def end(self) -> None:
        """Write the line: without the client's disconnect, an incomplete response is the application's failure."""
        self.log.write(self, "disconnected" if self.disconnected or self.has_left else "failed")


def size_of_other_part(message: Message) -> int:
    """Return how many bytes of a file a message has the server send; 0 if it names none."""
    kind = message["type"]
    if kind == "http.response.zerocopysend":
        return message.get("count") or 0
    return size_of_file(message["path"]) if kind == "http.response.pathsend" else 0


def size_of_file(path: str) -> int:
    """Return the size of a file the server sends, 0 if it no longer exists."""
    try:
        return stat(path).st_size
    except OSError:
        return 0
