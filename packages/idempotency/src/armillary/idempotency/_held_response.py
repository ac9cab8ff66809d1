"""A response that is held back until it is complete, then stored, then sent.

    empty    nothing was sent
    held     the start and perhaps some of the body came
    passed   everything is passed on as it comes

A response becomes *passed* when it is complete; or at once if it is not to be kept: it streams (a body in pieces
without Content-Length, trailers, a file sent by the server) or is larger than the limit. It is then recorded that it
completed, before its start is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from armillary.asgi_types import Message, Send
from armillary.exchange import pass_start, send_withheld_start, withhold_start

from ._errors import ClaimLost, StoreUnavailable
from ._policy import StoredResponse, content_length
from ._store import IdempotencyStore

logger = logging.getLogger("armillary.idempotency")

ASIDE: Final = frozenset(("http.response.early_hint", "http.response.push", "http.response.debug"))
"""Messages that are no part of the response itself."""


class HeldResponse:
    """The response of the request that has claimed a key.

    Args:
        scope, send: the connection.
        store: where the key is.
        complete: stores a response; returns False if the claim was lost.
        is_final: whether a response of this status is stored.
        max_size: bytes of the body of a response that is kept.
    """

    def __init__(
        self,
        scope: Any,
        send: Send,
        store: IdempotencyStore,
        complete: Callable[[bytes], Awaitable[bool]],
        is_final: Callable[[int], bool],
        max_size: int,
    ) -> None:
        self.is_completed = False
        self.is_passed = False
        self._scope = scope
        self._send = send
        self._store = store
        self._complete = complete
        self._is_final = is_final
        self._max_size = max_size
        self._held: list[Message] = []
        self._size = 0

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        kind = message["type"]
        if self.is_passed or kind in ASIDE:
            if kind == "http.response.start":
                pass_start(self._scope)
            await self._send(message)
            return
        if kind == "http.response.start":
            self._held.clear()  # a second start replaces a response that could not be sent whole
            self._size = 0
            withhold_start(self._scope)
        self._held.append(message)
        if kind == "http.response.start":
            length = content_length(message.get("headers", ()))
            if message.get("trailers") or (length is not None and length > self._max_size):
                await self._pass(keep=False)
        elif kind == "http.response.body":
            self._size += len(message.get("body", b""))
            is_last = not message.get("more_body", False)
            streams = not is_last and content_length(self._held[0].get("headers", ())) is None
            if is_last or streams or self._size > self._max_size:
                await self._pass(keep=is_last and self._size <= self._max_size)
        else:
            await self._pass(keep=False)

    async def _pass(self, keep: bool) -> None:
        """Store the response, or that there was one, and send what was held back."""
        self.is_passed = True
        start, *pieces = self._held
        status = start["status"]
        if self._store.is_transactional or self._is_final(status):
            body = b"".join(piece.get("body", b"") for piece in pieces)
            headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
            stored = StoredResponse(status, headers, body) if keep else StoredResponse(status, None)
            await self._store_response(stored)
        await self._send_held()

    async def _send_held(self) -> None:
        start, *pieces = self._held
        self._held.clear()
        await send_withheld_start(self._scope, self._send, start)
        for message in pieces:
            await self._send(message)

    async def _store_response(self, response: StoredResponse) -> None:
        if self._store.is_transactional:
            # The work and the response are kept together or not at all, so a failure becomes the response.
            try:
                if not await self._complete(response.encode()):
                    raise ClaimLost
            except Exception as exc:
                if isinstance(exc, StoreUnavailable):
                    logger.error("A request is undone, as its response cannot be stored: %s", exc.reason)
                self.withhold_start()
                raise
        else:
            try:
                if not await self._complete(response.encode()):
                    logger.error("A request took longer than its lease; its response is not stored")
            except StoreUnavailable as exc:
                # The work is done, and the client is to know. A repetition finds the key unfinished.
                logger.error("The response of a request is not stored: %s", exc.reason)
        self.is_completed = True

    def withhold_start(self) -> None:
        """Record that the start, which inner parts take for sent, was not sent: the error may get a response."""
        self.is_passed = True
        withhold_start(self._scope)

    async def end(self) -> None:
        """Pass on what is left of a response that never became complete."""
        self.is_passed = True
        if self._held:
            await self._send_held()
