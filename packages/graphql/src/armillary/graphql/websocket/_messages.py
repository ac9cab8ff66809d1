"""Messages of a client, checked, and the exceptions that end its connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.serialization import decode_json
from armillary.websockets import UnexpectedMessage, WebSocket

from .._operation import sentence_of

CLOSE_CODES: Final = {401: 4401, 403: 4403}
"""The close codes of the protocol that stand for a status. For the others `armillary.websockets` has codes."""


class ProtocolViolation(Exception):
    """A malformed or unexpected message, for which the connection is closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class ConnectionRejected(Exception):
    """`on_connect` rejected the client."""


def closing_exception(exc: HTTPException | WebSocketException) -> HTTPException | WebSocketException:
    """Return the exception that closes the connection with the code that stands for `exc`.

    >>> closing_exception(HTTPException(401, "Log in first.")).code
    4401
    """
    if isinstance(exc, HTTPException) and exc.status_code in CLOSE_CODES:
        return WebSocketException(CLOSE_CODES[exc.status_code], sentence_of(exc))
    return exc


async def receive_message(websocket: WebSocket[Any]) -> dict[str, Any]:
    """Receive a message, which is a JSON object with a type.

    Raises:
        ProtocolViolation: 4400, it is not.
        WebSocketDisconnect: the client has disconnected.
    """
    try:
        text = await websocket.receive_text()
        message = decode_json(text.encode())
    except UnexpectedMessage:
        raise ProtocolViolation(4400, "Messages must be text") from None
    except (ValueError, RecursionError):
        raise ProtocolViolation(4400, "Messages must be JSON objects") from None
    if not isinstance(message, dict) or not isinstance(cast("dict[str, Any]", message).get("type"), str):
        raise ProtocolViolation(4400, "Messages must be JSON objects with a type")
    return cast("dict[str, Any]", message)


def read_operation_id(message: Mapping[str, Any]) -> str:
    """Return the id of the operation that a message is about.

    Raises:
        ProtocolViolation: 4400, it has none.
    """
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise ProtocolViolation(4400, "An operation needs a string as id")
    return operation_id


def read_object(message: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return a member of a message that is an object or absent.

    Raises:
        ProtocolViolation: 4400, it is something else.
    """
    value = message.get(name)
    if value is not None and not isinstance(value, dict):
        raise ProtocolViolation(4400, f"The {name} must be an object")
    return cast("dict[str, Any] | None", value)
