"""One WebSocket with the subprotocol `graphql-ws`, the older protocol of subscriptions-transport-ws."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from armillary.asgi_types import WebSocketException
from armillary.websockets import WebSocketDisconnect

from ._connection import GraphQLConnection
from ._messages import ProtocolViolation

KEEP_ALIVE_SECONDS = 10.0
"""Between two keep-alives. After the first one, clients of this protocol disconnect if none follows for 30 seconds."""


class LegacyGraphQLConnection(GraphQLConnection):
    """The older protocol: `start`, `data` and `stop` in place of `subscribe`, `next` and `complete`."""

    subprotocol: ClassVar[str] = "graphql-ws"
    start_type: ClassVar[str] = "start"
    result_type: ClassVar[str] = "data"
    stop_type: ClassVar[str] = "stop"

    _keeping_alive: asyncio.Task[None] | None = None

    async def acknowledge(self, payload: dict[str, Any] | None) -> None:
        """Acknowledge, and start the keep-alives that clients of this protocol expect."""
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

    async def stop_all(self) -> None:
        """Stop the keep-alives too."""
        if self._keeping_alive is not None:
            self._keeping_alive.cancel()
            await asyncio.gather(self._keeping_alive, return_exceptions=True)
        await super().stop_all()

    async def reject(self, closing: ProtocolViolation | WebSocketException) -> None:
        """Send the reason before closing, as this protocol has a message for it."""
        await self.send({"type": "connection_error", "payload": {"message": closing.reason}})
        await super().reject(closing)

    def handle_duplicate(self, operation_id: str) -> None:
        """Stop the running operation: in this protocol a new one with the same id replaces it."""
        self._operations.stop(operation_id)

    async def handle_other(self, message: Mapping[str, Any]) -> None:
        """Close the connection when the client asks for it."""
        if message["type"] == "connection_terminate":
            raise ProtocolViolation(1000, "")
        raise ProtocolViolation(4400, "Unknown message type")

    def error_message(self, operation_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the error message, which carries one error in this protocol."""
        return {"id": operation_id, "type": "error", "payload": errors[0]}
