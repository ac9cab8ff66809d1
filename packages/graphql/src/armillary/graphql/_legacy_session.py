"""One WebSocket that speaks `graphql-ws`, the older protocol of subscriptions-transport-ws."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from armillary.websockets import WebSocketDisconnect

from ._websocket_session import ProtocolViolation, WebSocketSession

KEEP_ALIVE_SECONDS = 10.0
"""Between two keep-alives. Clients of this protocol leave where one came and then none for 30 seconds."""


class LegacySession(WebSocketSession):
    """The older protocol: `start`, `data` and `stop` in place of `subscribe`, `next` and `complete`."""

    subprotocol: ClassVar[str] = "graphql-ws"
    start_type: ClassVar[str] = "start"
    result_type: ClassVar[str] = "data"
    stop_type: ClassVar[str] = "stop"

    _keeping_alive: asyncio.Task[None] | None = None

    async def acknowledge(self, payload: dict[str, Any] | None) -> None:
        """Acknowledge, and begin with the keep-alives that clients of this protocol wait for."""
        await super().acknowledge(payload)
        await self.send({"type": "ka"})
        self._keeping_alive = asyncio.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        try:
            while True:
                await asyncio.sleep(KEEP_ALIVE_SECONDS)
                await self.send({"type": "ka"})
        except WebSocketDisconnect:
            return

    async def _stop_all(self) -> None:
        if self._keeping_alive is not None:
            self._keeping_alive.cancel()
            await asyncio.gather(self._keeping_alive, return_exceptions=True)
        await super()._stop_all()

    async def refuse(self) -> None:
        """Tell why before the end, as this protocol has a message for it."""
        await self.send({"type": "connection_error", "payload": {"message": "Forbidden"}})
        await super().refuse()

    def refuse_duplicate(self, operation_id: str) -> None:
        """An id used again stands for a new operation in this protocol."""
        self._stop(operation_id)

    async def handle_other(self, message: Mapping[str, Any]) -> None:
        """End the connection where the client says so."""
        if message["type"] == "connection_terminate":
            raise ProtocolViolation(1000, "")
        raise ProtocolViolation(4400, "Unknown message type")

    def error_message(self, operation_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the error, which is one in this protocol."""
        return {"id": operation_id, "type": "error", "payload": errors[0]}
