"""Sending messages, and closing."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import Any, Final

from armillary.asgi_types import Message
from armillary.concurrency import FairTurn, LookAhead, start_at_most
from armillary.datastructures import StateT, well_formed
from armillary.exchange import CLOSED_ABNORMALLY, record_response_start, send_raises_after_disconnect

from ._connection import Connection
from ._exceptions import WebSocketDisconnect
from ._state import CONNECTED, CONNECTING, DISCONNECTED, WebSocketState, state_after

_CLOSE_SECONDS: Final = 1.0
_MAX_UNREAD: Final = 1024
# Servers report a broken connection at once; this is for one that never does.
_CLOSE_FRAME_WAIT_SECONDS: Final = 1.0


class Sending(Connection[StateT]):
    """The direction from the application to the peer."""

    async def send(self, message: Message) -> None:
        """Send an ASGI message, if it may be sent now.

        Raises:
            WebSocketDisconnect: the peer has disconnected, or has read nothing for `send_timeout` seconds.
            WebSocketDisconnected: the connection was closed, or its end was received, before.
            RuntimeError: the message is out of order.
            TypeError: it is no message.
        """
        before = self.application_state
        if before is DISCONNECTED:
            raise self._too_late("send")
        try:
            after = state_after(before, message)
        except (KeyError, TypeError) as exc:  # it has no type, or no keys
            problem = f"send takes an ASGI message, got {message!r:.80}; write send_text, send_bytes or send_json"
            raise TypeError(problem) from exc
        if after is not before:
            self.application_state: WebSocketState = after
            if before is CONNECTED:
                self._record_close(message.get("code", 1000), message.get("reason") or "")
            elif after is not CONNECTED:
                self._ending = (CLOSED_ABNORMALLY, "")  # as the client sees a rejected handshake
        if self.client_state is DISCONNECTED and not self.sends_after_end:
            raise self._ended("send")
        rest = self._start_sending(message)
        if rest is not None:
            await rest

    def _start_sending(self, message: Message) -> Awaitable[None] | None:
        """Give a message to the server, and return what is left to be awaited; None if there is nothing.

        Most sends do not wait, and so need no time limit and no coroutine of their own; a loop of them gives the
        event loop a turn now and then.
        """
        self._sent = count = self._sent + 1
        send = self._send  # read by itself: as a method, an attribute of the instance takes longer to find
        try:
            waiting = start_at_most(self._send_timeout, send(message))
        except OSError as exc:
            return self._finish_failed(exc)
        if waiting is not None:
            return self._finish_sending(waiting, count)
        return self._give_turn() if not count & 7 and self._sending_turn.is_due(8) else None

    async def _finish_sending(self, waiting: Awaitable[object], count: int) -> None:
        try:
            await waiting
        except OSError as exc:
            raise await self._send_failed(exc) from exc
        if not count & 7 and self._sending_turn.is_due(8):
            await self._give_turn()

    def record_turn(self) -> None:
        """Record that the event loop has just had a turn, as whoever sends has waited for what to send.

        Without it a sender whose messages are far apart gives one after every eighth message.
        """
        self._sending_turn.restart()

    async def _give_turn(self) -> None:
        await self._sending_turn.give()
        self._receiving_turn.restart()
        # Servers of older versions of the specification drop what is sent to a peer that has left.
        receives = self._reader is not None or self._is_receiving or self._is_looking
        if not receives and self.client_state is CONNECTED and not send_raises_after_disconnect(self.scope):
            self._is_looking = True
            try:
                if await self._look_for_end():
                    raise self._ended("send")
            finally:
                self._is_looking = False

    async def _look_for_end(self) -> bool:
        """Keep the messages that have come for the handler; return whether the peer's end is among them."""
        if self._look_ahead is None:
            self._look_ahead = LookAhead(self._receive)
            self._receive = self._look_ahead.receive
            self._receives_directly = False
            self._unread = deque()
        while len(self._unread) < _MAX_UNREAD:
            message = await self._look_ahead.look()
            if message is None:
                break
            self._unread.append(message)
            if message["type"] == "websocket.disconnect":
                self._record_disconnect(message)
                return True
        return False

    def stop_looking(self) -> None:
        """End what looks for the peer's end, as nothing is received any more."""
        if self._look_ahead is not None:
            self._look_ahead.stop()

    async def _finish_failed(self, exc: OSError) -> None:
        raise await self._send_failed(exc) from exc

    async def _send_failed(self, exc: OSError) -> WebSocketDisconnect:
        """Record why a send failed, close if it took too long, and return the exception for the handler."""
        # The time-out of a socket is an OSError too, but has a number.
        if self._send_timeout is not None and isinstance(exc, TimeoutError) and exc.errno is None:
            return await self._close_for_limit(1013, f"The peer read nothing for {self._send_timeout:g} seconds")
        # A send may fail before the peer's close frame was read, which has the code. A rejected handshake has none.
        both_open = self.application_state is CONNECTED and self.client_state is CONNECTED
        if both_open and self.waits_for_close_code:
            from anyio import move_on_after

            with move_on_after(_CLOSE_FRAME_WAIT_SECONDS):
                if self._reader is not None:
                    await self._reader.queue.wait_ended()
                elif not self._is_receiving:  # else another task gets it; servers have one for each
                    await self._receive_end()
        if self.client_state is not DISCONNECTED:
            self.client_state = DISCONNECTED
            self._ending = (CLOSED_ABNORMALLY, "")
        if self.sends_after_end:
            self.application_state = DISCONNECTED  # the server takes nothing more
        return self._ended("send")

    async def _receive_end(self) -> None:
        """Receive until the peer's end comes; what it sent before, nobody can receive any more."""
        turn = FairTurn()
        while self.client_state is not DISCONNECTED:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._record_disconnect(message)
            elif turn.is_due():
                await turn.give()

    async def send_text(self, data: str) -> None:
        """Send a text message, with U+FFFD for each lone surrogate.

        Raises:
            TypeError: the data is no text.
            WebSocketDisconnect: as `send`.
            RuntimeError: the connection is not open.
        """
        if type(data) is not str:
            self.check_data(data, "send_text")
        message = {"type": "websocket.send", "text": data if data.isascii() else well_formed(data)}
        if self.application_state is CONNECTED and self.client_state is CONNECTED and self._sends_directly:
            rest = self._start_sending(message)
            if rest is not None:
                await rest
        else:
            await self.send(message)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.

        Raises:
            TypeError: the data is no bytes.
            WebSocketDisconnect: as `send`.
            RuntimeError: the connection is not open.
        """
        if type(data) is not bytes:
            self.check_data(data, "send_bytes")
        message = {"type": "websocket.send", "bytes": data}
        if self.application_state is CONNECTED and self.client_state is CONNECTED and self._sends_directly:
            rest = self._start_sending(message)
            if rest is not None:
                await rest
        else:
            await self.send(message)

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send `data` encoded as JSON.

        Args:
            data: anything `encode_json` takes.
            mode: "text" (default) or "binary": the kind of message sent.
        """
        check_mode(mode)
        text = self.encode_json(data)
        await (self.send_text(text) if mode == "text" else self.send_bytes(text.encode("utf-8")))

    # Closing

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection; before accept, reject the handshake with a 403.

        Does nothing if the peer has disconnected already, whether or not the handler knows.

        Args:
            code: a close code of RFC 6455 section 7.4 that may be sent; 1000 by default.
            reason: a sentence for the peer; sent on one line, and cut to 123 bytes of UTF-8 at a character.

        Raises:
            TypeError: the reason is not text, or the code is not a number.
            ValueError: the code may not be sent.
            WebSocketDisconnected: it was closed before.
        """
        closed_before = self.application_state is DISCONNECTED
        if self.client_state is not DISCONNECTED:  # then the code is often the peer's own, such as 1006
            reason = self.check_close(code, reason)
        try:
            await self.send({"type": "websocket.close", "code": code, "reason": reason or ""})
        except WebSocketDisconnect:
            if closed_before:
                raise

    async def finish(self) -> None:
        """Close with 1000 if still open; reject a handshake that got no response."""
        if self.application_state is CONNECTED or self.application_state is CONNECTING:
            await self.close()

    async def fail(self) -> None:
        """Close an accepted connection with 1011, as an unhandled exception does."""
        if self.closes_after_handler:
            await self._try_close(1011, "")
        if self.application_state is DISCONNECTED:  # what handles the exception outside can send nothing
            record_response_start(self.scope, self._send)

    def _record_close(self, code: int, reason: str) -> None:
        """Record that this side closes; not every server reports it to a task that waits to receive."""
        if self.client_state is not DISCONNECTED:
            self._ending = (code, reason)
            if self._reader is not None:
                self._reader.queue.end(WebSocketDisconnect(code, reason))

    async def _close_for_limit(self, code: int, reason: str) -> WebSocketDisconnect:
        """Close for an exceeded limit and return the exception for the handler."""
        await self._try_close(code, reason)
        self.client_state: WebSocketState = DISCONNECTED
        self._ending = (code, reason)
        self._handler_knows_end = True
        return WebSocketDisconnect(code, reason)

    async def _try_close(self, code: int, reason: str) -> None:
        """Close an accepted connection if possible; errors are ignored, as the connection ends anyway."""
        if self.application_state is not CONNECTED or self.client_state is DISCONNECTED:
            return
        from anyio import CancelScope, current_time

        self.application_state = DISCONNECTED
        self._record_close(code, reason)
        with CancelScope(shield=True, deadline=current_time() + _CLOSE_SECONDS):
            try:
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
            except Exception:
                return


def check_mode(mode: str) -> None:
    """Reject a kind of message that is neither text nor binary."""
    if mode not in ("text", "binary"):
        raise RuntimeError(f'The "mode" argument should be "text" or "binary", got {mode!r}')
