"""An HTTP request that is being served."""

from __future__ import annotations

from collections.abc import Awaitable
from os import stat

from armillary.asgi_types import Message

from ._logged_exchange import LoggedExchange


class LoggedHTTPExchange(LoggedExchange):
    """A request and its response."""

    expects_trailers = False

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] != "http.response.start":
            return self.send_part(message)
        self.status = message["status"]
        if "trailers" in message:
            self.expects_trailers = message["trailers"]
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
        kind = message["type"]
        if kind == "http.response.body":
            if "body" in message:
                self.size += len(message["body"])
            is_last = not message.get("more_body") and not self.expects_trailers
        else:
            is_last = self.record_extension(kind, message)
        if is_last and not self.written:
            # Errors are reported before their response is sent.
            if "reported_exception" in self.record:
                self.log.write(self, "failed", self.record["reported_exception"])
            else:
                self.log.write(self, "complete")

    def record_extension(self, kind: str, message: Message) -> bool:
        """Record a message of an extension and return whether it ends the response."""
        if kind == "http.response.trailers":
            return not message.get("more_trailers")
        if kind == "http.response.zerocopysend":
            self.size += message.get("count") or 0
            return not message.get("more_body") and not self.expects_trailers
        if kind == "http.response.pathsend":
            self.size += size_of(message["path"])
            return not self.expects_trailers
        return False


def size_of(path: str) -> int:
    """Return the size of a file the server sends, 0 if it no longer exists."""
    try:
        return stat(path).st_size
    except OSError:
        return 0
