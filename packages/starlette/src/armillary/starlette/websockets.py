"""WebSocket connections."""

from __future__ import annotations

from collections.abc import Iterable
from json import dumps, loads
from typing import TYPE_CHECKING, Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.datastructures import StateT
from armillary.websockets import (
    NO_LIMITS,
    WebSocket as NativeWebSocket,
    WebSocketClose as NativeWebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketLimits,
    WebSocketState,
)

from .requests import HTTPConnection

__all__ = ["StateT", "WebSocket", "WebSocketClose", "WebSocketDisconnect", "WebSocketDisconnected", "WebSocketState"]


class _Replaceable:
    """A method that programs may replace on an instance: what is built on it calls the replacement.

    Args:
        method: the native method.
        direct: the attribute by which native methods know that nobody overrides it.
    """

    def __init__(self, method: Any, direct: str) -> None:
        self._method, self._direct = method, direct
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self._method
        replacement = instance.__dict__.get(self._name)
        if replacement is not None and _first_of(instance.__class__, self._name) is self:
            return replacement
        return self._method.__get__(instance, owner)  # also for `super()` in a class that overrides the method

    def __set__(self, instance: Any, replacement: Any) -> None:
        instance.__dict__[self._name] = replacement
        setattr(instance, self._direct, False)

    def __delete__(self, instance: Any) -> None:
        del instance.__dict__[self._name]


def _first_of(cls: type[Any], name: str) -> Any:
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


class WebSocket(NativeWebSocket[StateT], HTTPConnection[StateT]):
    """One connection, with no limits or checks but the server's: every policy of the native one is Starlette's."""

    limits = NO_LIMITS
    origin_policy = None
    closes_after_handler = False
    needs_denial_response = True
    explains_unaccepted = False
    waits_for_close_code = False
    rejects_results = False
    sends_after_end = True
    missing_scope_code = 1000

    if not TYPE_CHECKING:
        receive = _Replaceable(NativeWebSocket.receive, "_receives_directly")
        send = _Replaceable(NativeWebSocket.send, "_sends_directly")

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limits: WebSocketLimits | None = None) -> None:
        if scope["type"] != "websocket":
            raise AssertionError(f"WebSocket takes a scope of type 'websocket', got {scope['type']!r}")
        super().__init__(scope, receive, send, limits=limits)

    async def send_handler_response(self, response: ASGIApp, code: int) -> None:
        """Send what an exception handler returned, whatever was sent before; servers reject it after `accept`."""
        await response(self.scope, self._receive, self._send)

    def encode_json(self, data: Any) -> str:
        return dumps(data, separators=(",", ":"), ensure_ascii=False)

    def decode_json(self, text: str | bytes) -> Any:
        return loads(text.decode("utf-8") if isinstance(text, bytes) else text)

    def too_late_text(self, action: str) -> str:
        if action != "receive":
            return f'Cannot call "{action}" once a close message has been sent.'
        if self.application_state is WebSocketState.CONNECTED:
            return 'Cannot call "receive" once a disconnect message has been received.'
        return 'WebSocket is not connected. Need to call "accept" first.'

    def missing_payload(self, message: Message, expected: str, other: str) -> Any:
        return message[expected]  # None, or a KeyError

    def check_data(self, data: Any, method: str) -> None:
        """Leave it to the server."""

    def check_close(self, code: int, reason: str | None) -> str:
        """Leave it to the server: frameworks close with any code and reason."""
        return reason or ""

    def check_subprotocol(self, subprotocol: str, offered: Iterable[str]) -> None:
        """Accept one that was not offered; CR, LF and NUL are still rejected."""
        if any(character in subprotocol for character in "\r\n\0"):
            raise ValueError(f"subprotocol must not contain CR, LF or NUL, got {subprotocol!r}")


class WebSocketClose(NativeWebSocketClose):
    """An application that closes, with any code and reason."""

    def check(self) -> None:
        """Leave it to the server."""
