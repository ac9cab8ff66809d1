"""One WebSocket connection, as the application sees it: its handshake, and the block around it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

from armillary.asgi_types import ASGIApp, HTTPException, Message, Receive, Scope, Send, scope_record
from armillary.concurrency import FairTurn
from armillary.datastructures import StateT
from armillary.exchange import ORIGIN_REJECTED, can_reject_with_response, check_origin, is_origin_checked

from ._denial_response import run_denial_response
from ._exceptions import WebSocketDisconnect, closing_of
from ._handshake import handshake_headers
from ._limits import WebSocketLimits
from ._queue import MessageQueue
from ._reader import Reader
from ._receiving import Receiving
from ._state import CONNECTED, CONNECTING

_UNLIMITED: Final = 1 << 62


class WebSocket(Receiving[StateT]):
    """One connection: its request line and headers, and messages in both directions.

    Args:
        scope, receive, send: those of the ASGI application.
        limits: what the connection may hold and how long it may take; by default the class's.

    `async with websocket:` accepts, reads ahead so that the next send detects a disconnected
    peer, and closes. Without it, `accept()` and `close()` do the same by hand, messages are read
    on demand, and nothing runs beside the handler. On servers that drop messages to a departed peer
    silently, as hypercorn and granian do, sends look for its end now and then, at every eighth at the earliest.

    Raises:
        TypeError: the scope is not that of a WebSocket.

    >>> from armillary.websockets import WebSocket, websocket_session
    >>> async def echo(websocket: WebSocket) -> None:
    ...     async with websocket:
    ...         async for text in websocket.iter_text():
    ...             await websocket.send_text(text)
    >>> app = websocket_session(echo)
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limits: WebSocketLimits | None = None) -> None:
        if scope["type"] != "websocket":
            raise TypeError(f"WebSocket needs a scope of type 'websocket', got {scope['type']!r}")
        super().__init__(scope)
        if limits is None:
            limits = self.limits
        else:
            self.limits = limits
        cls = type(self)
        self._receive = receive
        self._send = send
        self.client_state = CONNECTING
        self.application_state = CONNECTING
        self.caller_handles_exceptions = False
        self._ending = (1005, "")
        self._handler_knows_end = False
        self._reader = None
        self._is_receiving = False
        self._is_looking = False
        self._look_ahead = None
        self._unread = _NOTHING
        self._sending_turn = FairTurn()
        self._receiving_turn = FairTurn()
        self._sent = self._received = 0
        self._receives_directly = limits.idle_timeout is None and cls.receive is _RECEIVE
        self._sends_directly = cls.send is _SEND
        self._send_timeout = limits.send_timeout
        self._safe_length = _UNLIMITED if limits.max_message_size is None else limits.max_message_size // 4

    # The handshake

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Complete the handshake.

        Args:
            subprotocol: one of `websocket["subprotocols"]`, or None.
            headers: extra headers of the 101 response, as text or as pairs of bytes.

        Raises:
            HTTPException: 403, a page of another origin opens the connection with a session or user.
            ValueError: the subprotocol was not offered, or a header cannot be sent.
            WebSocketDisconnect: the peer disconnected during the handshake.
            RuntimeError: the connection was accepted or rejected before.
        """
        if subprotocol is not None:
            self.check_subprotocol(subprotocol, self.scope.get("subprotocols") or ())
        encoded = handshake_headers(headers)
        if self.client_state is CONNECTING:
            await self.receive()
        policy = self.origin_policy
        if policy is None:
            scope_record(self.scope)["origin_checked"] = True  # every page, whatever an outer middleware would say
        elif not is_origin_checked(self.scope) and not check_origin(self.scope, policy):
            raise HTTPException(403, ORIGIN_REJECTED)
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": encoded})

    async def send_denial_response(self, response: ASGIApp) -> None:
        """Reject the handshake with an HTTP response.

        If the server lacks the extension for it, the response is the server's plain 403.

        Args:
            response: a response or any other ASGI application that responds to HTTP.

        Raises:
            RuntimeError: the connection was accepted or rejected before.
        """
        has_extension = can_reject_with_response(self.scope)
        if not has_extension and self.needs_denial_response:
            raise RuntimeError("The server doesn't support the Websocket Denial Response extension.")
        if self.application_state is not CONNECTING:
            raise RuntimeError("A denial response must be sent instead of accepting, not after it")
        if self.client_state is CONNECTING:
            await self.receive()
        if has_extension:
            await run_denial_response(response, self.scope, self.receive, self.send)
        else:
            await self.close()

    async def send_handler_response(self, response: ASGIApp, code: int) -> None:
        """Send what an exception handler returned instead of accepting; an open connection is closed with `code`."""
        if self.application_state is CONNECTING:
            await self.send_denial_response(response)
        elif self.application_state is CONNECTED:
            await self.close(code)

    async def go_away(self) -> None:
        """Close with 1001 as the server stops; a handshake in progress is rejected."""
        if self.application_state is CONNECTING and self.client_state is CONNECTED:
            await self.finish()
        await self._try_close(1001, "")

    # The block

    async def __aenter__(self) -> Self:
        if self.application_state is CONNECTING:
            await self.accept()
        elif self.application_state is not CONNECTED:
            raise self._too_late("enter")
        if self._reader is not None:
            raise RuntimeError("The WebSocket is already read ahead; enter `async with websocket` once")
        self._reader = await Reader(MessageQueue(self.limits), self._read_ahead).__aenter__()
        self._receives_directly = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        reader = self._reader
        assert reader is not None
        try:
            await reader.__aexit__(kind, exc, traceback)
        finally:
            if exc is None:
                await self.finish()
            elif not isinstance(exc, Exception):
                await self._try_close(1001, "")
            elif not self.caller_handles_exceptions or isinstance(exc, WebSocketDisconnect):
                await self._try_close(*closing_of(exc))


_NOTHING: Final[deque[Message]] = deque(maxlen=0)
_RECEIVE: Final = WebSocket.receive
_SEND: Final = WebSocket.send
