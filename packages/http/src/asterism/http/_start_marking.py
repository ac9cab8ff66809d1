"""Noting in the scope record that a response has begun."""

from __future__ import annotations

from asterism.asgi_types import Message, Send, ScopeRecord


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
