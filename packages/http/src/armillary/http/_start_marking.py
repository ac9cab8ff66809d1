"""Noting in the scope record that a response has begun."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import Message, Scope, Send, record_response_start


class StartMarkingSend:
    """A send channel that notes the start of the response before it passes it on.

    Only applications that are not responses of this package need one; those note it themselves.
    """

    __slots__ = ("_scope", "_send")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            record_response_start(self._scope, self._send)
        await self._send(message)


_PACKAGE = f"{__package__}."


def notes_its_start(response: Any) -> bool:
    """Tell whether a response is served by this package's own code, which notes the start itself."""
    return getattr(type(response).__call__, "__module__", "").startswith(_PACKAGE)
