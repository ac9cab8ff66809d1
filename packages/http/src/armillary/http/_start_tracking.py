"""Recording in the scope record that a response has started."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import Message, Scope, Send
from armillary.exchange import record_response_start


class StartTrackingSend:
    """A send channel that records the start of the response before passing it on.

    Only applications that are not responses of this package need one; those record it themselves.
    """

    __slots__ = ("_scope", "_send")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            record_response_start(self._scope, self._send)
        await self._send(message)


_PACKAGE_PREFIX = f"{__package__}."


def recording_send(response: Any, scope: Scope, send: Send) -> Send:
    """Return a `send` for a response: `send` itself if this package's own code sends it, which records the start."""
    records_itself = getattr(type(response).__call__, "__module__", "").startswith(_PACKAGE_PREFIX)
    return send if records_itself else StartTrackingSend(scope, send)
