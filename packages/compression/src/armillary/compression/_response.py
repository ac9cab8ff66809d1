"""The compression of one response."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from armillary.asgi_types import Message, Scope, Send
from armillary.concurrency import FairTurn, Limiter
from armillary.exchange import pass_start, send_withheld_start, withhold_start

from ._coding import Coding, Encoder
from ._header_fields import Header, coded_fields, negotiated_fields, varying_fields
from ._policy import CompressionPolicy

COMPRESSION_THREADS = Limiter("compression", max(2, os.cpu_count() or 1))
"""For coding large bodies; more threads than processors would only take turns."""

FILE_EXTENSIONS = ("http.response.pathsend", "http.response.zerocopysend")


class CodedResponse:
    """Codes the body of one response, if the policy allows it.

    The start of a response is held only until it is known whether the body comes whole, which
    takes its first message; a body without a Content-Length counts as a stream, and its start
    is sent at once. A body that the server sends from a file is not coded.

    Args:
        policy: decides about the response.
        coding: the negotiated coding, None for no coding.
        minimum_size: bytes below which this body is not compressed.
        thread_minimum_size: bytes from which a part of the body is coded in a thread.
        scope: the request's.
        send: the `send` that messages are passed to.
        holds_unsized: hold the start of a body without a Content-Length too.
        varies_when_small: send `Vary` with a body below `minimum_size` too; a client that rejects identity gets
            that coded.
        codes_head: code the body that an application sends to a HEAD as that of a GET.
    """

    def __init__(
        self,
        policy: CompressionPolicy,
        coding: Coding | None,
        minimum_size: int,
        thread_minimum_size: int,
        scope: Scope,
        send: Send,
        *,
        holds_unsized: bool = False,
        varies_when_small: bool = True,
        codes_head: bool = False,
    ) -> None:
        self._policy = policy
        self._coding = coding
        self._minimum_size = minimum_size
        self._thread_minimum_size = thread_minimum_size
        self._is_head = not codes_head and scope.get("method") == "HEAD"
        self._holds_unsized = holds_unsized or sends_files(scope)
        self._varies_when_small = varies_when_small
        self._scope = scope
        self._send = send
        self._has_begun = False
        self._turn: FairTurn | None = None
        self._held: Message | None = None
        self._encoder: Encoder | None = None

    async def send(self, message: Message) -> None:
        """Take one message of the application."""
        kind = message["type"]
        if kind == "http.response.start":
            await self._start(message)
        elif kind == "http.response.body" and (self._held is not None or self._encoder is not None):
            await self._send_body(message)
        else:
            if self._held is not None and kind in FILE_EXTENSIONS:
                await self._release()
            await self._send(message)

    async def _start(self, message: Message) -> None:
        if self._has_begun:
            self._drop_replaced()
        self._has_begun = True
        headers, may_code, size, _ = self._policy.examine(message)
        message = {**message, "headers": headers}
        status = message["status"]
        coding = self._coding
        if status == 304 and coding is not None:
            # The tag must be that of the response the client has stored.
            message["headers"] = negotiated_fields(headers)
        elif may_code:
            is_stream = size is None and status == 200 and not self._holds_unsized
            if size is not None and size < self._minimum_size:
                message["headers"] = self._small_fields(headers)
            elif coding is None:
                message["headers"] = varying_fields(headers)
            elif self._is_head:
                # The coded length is known only to a GET. Whether one would code a body that it holds is not either.
                is_coded = size is not None or is_stream
                fields = coded_fields(headers, coding.name, None) if is_coded else negotiated_fields(headers)
                message["headers"] = fields
            elif is_stream:
                await self._send_coded_start(message, coding, None)
                return
            else:
                self._held = message
                withhold_start(self._scope)
                return
        await self._send(message)

    def _drop_replaced(self) -> None:
        """Forget a response that could not be sent, and that another one replaces."""
        self._held = self._encoder = self._turn = None
        pass_start(self._scope)

    def _small_fields(self, headers: list[Header]) -> list[Header]:
        return varying_fields(headers) if self._varies_when_small else headers

    async def _send_coded_start(self, start: Message, coding: Coding, length: int | None) -> None:
        if length is None:
            self._encoder = coding.encoder()
            self._turn = FairTurn()
        coded = {**start, "headers": coded_fields(start["headers"], coding.name, length)}
        if self._held is None:
            await self._send(coded)
        else:
            await self._pass_held(coded)

    async def _release(self) -> None:
        if self._held is not None:
            await self._pass_held(self._held)

    async def _pass_held(self, start: Message) -> None:
        self._held = None
        await send_withheld_start(self._scope, self._send, start)

    async def _send_body(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        last = not message.get("more_body", False)
        start, coding = self._held, self._coding
        if start is not None and coding is not None:
            if last and len(body) < self._minimum_size:
                start["headers"] = self._small_fields(start["headers"])
                await self._release()
                await self._send(message)
                return
            if last and not start.get("trailers", False):
                coded = await self.coded(coding.encode, body)
                await self._send_coded_start(start, coding, len(coded))
                await self._send({**message, "body": coded})
                return
            await self._send_coded_start(start, coding, None)
        if body or last:
            encoder: Any = self._encoder
            body = await self.coded(encoder.encode, body, last)
        await self._send({**message, "body": body})
        turn = self._turn
        if turn is not None and turn.is_due():  # coding takes time, and no `send` need wait
            await turn.give()

    async def coded(self, encode: Callable[..., bytes], body: bytes, *last: bool) -> bytes:
        """Return what `encode` makes of a part of the body; of a large one in a thread."""
        if len(body) < self._thread_minimum_size:
            return encode(body, *last)
        return await COMPRESSION_THREADS.run(lambda: encode(body, *last))


def sends_files(scope: Mapping[str, Any]) -> bool:
    """Return whether the server lets applications send a file instead of a body."""
    extensions: Mapping[str, Any] = scope.get("extensions") or {}
    return any(name in extensions for name in FILE_EXTENSIONS)
