"""Noting in the scope record that a response has begun."""

from __future__ import annotations

from typing import Any

from asterism.asgi_types import Message, ScopeRecord, Send


class StartMarkingSend:
    """A send channel that notes the start of the response before it passes it on.

    Only applications that are not responses of this package need one; those note it themselves.
    """

    __slots__ = ("_record", "_send")

    def __init__(self, record: ScopeRecord, send: Send) -> None:
        self._record = record
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._record["response_started"] = True
        await self._send(message)


_PACKAGE = f"{__package__}."


def notes_its_start(response: Any) -> bool:
    """Tell whether a response is served by this package's own code, which notes the start itself."""
    return getattr(type(response).__call__, "__module__", "").startswith(_PACKAGE)
