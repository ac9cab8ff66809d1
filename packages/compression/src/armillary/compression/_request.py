"""Decompression of request bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from armillary.asgi_types import ASGIApp, HTTPException, Message, Receive, Scope, Send, scope_record

from ._accept_encoding import ALIASES, IDENTITY
from ._content_decoding import MAX_SLICE_SIZE, Decoder, MalformedBody, find_decoders
from ._header_fields import Header
from ._policy import check_size
from ._response import COMPRESSION_THREADS

DEFAULT_MAX_SIZE = 16 * 1024 * 1024

MAX_PIECE_SIZE = 64 * 1024
"""The most decoded bytes of a message, and the most that are decoded in the event loop's thread."""

MAX_THREAD_PIECE_SIZE = 512 * 1024
"""The same if one message decodes to more than a piece: the rest is decoded in a thread."""


class RequestDecompressionMiddleware:
    """Give the application request bodies without their content coding.

    A body is decoded as the application reads it. One that decodes to more than `max_size` bytes
    is rejected with 413 "Content Too Large" as soon as it does, one that is malformed or truncated
    with 400, and one in another coding, or in more than one, with 415 and an Accept-Encoding that
    lists the supported ones. The application sees neither Content-Encoding nor Content-Length.

    Args:
        app: the application to serve.
        max_size: bytes a body may decode to; 16 MiB by default, None for no limit.
        codings: names of codings; by default those installed of "gzip", "deflate", "br" and
            "zstd". The last two need the extras `brotli` and, before Python 3.14, `zstd`.

    Raises:
        TypeError: a string instead of a list, a size that is not an integer.
        ValueError: a coding that is not known or not installed, a negative size.

    RFC 9110 sections 8.4, 12.5.3, 15.5.14 and 15.5.16.
    """

    def __init__(
        self, app: ASGIApp, *, max_size: int | None = DEFAULT_MAX_SIZE, codings: Sequence[str] | None = None
    ) -> None:
        if max_size is not None:
            check_size("max_size", max_size)
        self.app = app
        self.max_size = max_size
        self._decoders = find_decoders(codings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        codings = content_codings(scope["headers"]) if scope["type"] == "http" else []
        if not codings:
            await self.app(scope, receive, send)
            return
        decoder = self._decoders.get(codings[0])
        if decoder is None or len(codings) > 1:
            await self._reject_coding(scope, send)
        else:
            await self._decode_and_call(scope, receive, send, codings[0], decoder)

    async def _reject_coding(self, scope: Scope, send: Send) -> None:
        known = ", ".join(self._decoders)
        rejection = HTTPException(415, f"Send the body as it is or in one of these codings: {known}.")
        await send_error(scope, send, rejection, [(b"accept-encoding", known.encode("ascii"))])

    async def _decode_and_call(
        self, scope: Scope, receive: Receive, send: Send, name: str, make_decoder: Callable[[str], Decoder]
    ) -> None:
        body = DecodedBody(name, make_decoder(name), receive, self.max_size)
        exchange = DecompressionExchange(scope, body, send)
        scope_record(scope)
        plain = [field for field in scope["headers"] if field[0] not in (b"content-encoding", b"content-length")]
        try:
            await self.app({**scope, "headers": plain}, body.receive, exchange.send)
        except HTTPException as exc:
            if exc is not body.rejection or exchange.started:
                raise
            await send_error(scope, send, exc)


class DecodedBody:
    """A request body read without its coding."""

    def __init__(self, name: str, decoder: Decoder, receive: Receive, max_size: int | None) -> None:
        self.rejection: HTTPException | None = None
        self._name = name
        self._decoder = decoder
        self._receive = receive
        self._max_size = max_size
        self._length = 0
        self._coded: memoryview[int] = memoryview(b"")
        self._arrived = False
        self._ended = False
        self._in_thread = False

    async def receive(self) -> Message:
        """Return the next message of the request."""
        if self.rejection is not None:
            raise self.rejection
        while not self._ended:
            decoded = await self._decode()
            if decoded or self._is_drained():
                return self._message(decoded)
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._coded = memoryview(message.get("body", b""))
            self._arrived = not message.get("more_body", False)
            self._in_thread = False
        return await self._receive()

    def _is_drained(self) -> bool:
        return self._arrived and not self._coded and self._decoder.needs_input

    def _message(self, decoded: bytes) -> Message:
        self._length += len(decoded)
        if self._max_size is not None and self._length > self._max_size:
            self._reject(413, None)
        self._ended = self._is_drained()
        if self._ended and not self._decoder.complete:
            self._reject(400, f"The body ends before its {self._name} coding does.")
        return {"type": "http.request", "body": decoded, "more_body": not self._ended}

    async def _decode(self) -> bytes:
        if not self._coded and self._decoder.needs_input:
            return b""
        try:
            if self._in_thread:
                return await COMPRESSION_THREADS.run(lambda: self._next_piece(MAX_THREAD_PIECE_SIZE))
            self._in_thread = True
            return self._next_piece(MAX_PIECE_SIZE)
        except MalformedBody:
            self._reject(400, f"The body is not valid {self._name}.")

    def _next_piece(self, limit: int) -> bytes:
        pieces: list[bytes] = []
        decoder = self._decoder
        while limit > 0:
            given = b""
            if decoder.needs_input:
                if not self._coded:
                    break
                given, self._coded = bytes(self._coded[:MAX_SLICE_SIZE]), self._coded[MAX_SLICE_SIZE:]
            piece = decoder.decode(given, limit)
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)

    def _reject(self, status: int, detail: str | None) -> NoReturn:
        self._coded = memoryview(b"")
        self.rejection = HTTPException(status, detail)
        raise self.rejection


class DecompressionExchange:
    """The response to a request whose body may be rejected.

    An application that takes the rejection for its own error responds with 5xx; the client,
    whose fault it is, gets the rejection instead.
    """

    def __init__(self, scope: Scope, body: DecodedBody, send: Send) -> None:
        self.started = False
        self._replaced = False
        self._scope = scope
        self._body = body
        self._send = send

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self.started = True
            rejection = self._body.rejection
            if rejection is not None and message["status"] >= 500:
                self._replaced = True
                await send_error(self._scope, self._send, rejection)
                return
        await self._send(message)


def content_codings(headers: Iterable[Header]) -> list[str]:
    """Return the codings of a body in the order applied, without empty items and identity."""
    names = [
        item.strip().lower().decode("latin-1")
        for name, value in headers
        if name == b"content-encoding"
        for item in value.split(b",")
    ]
    return [ALIASES.get(name, name) for name in names if name not in ("", IDENTITY)]


async def send_error(scope: Scope, send: Send, error: HTTPException, headers: Iterable[Header] = ()) -> None:
    """Send an error as the response."""
    body = error.detail.encode()
    fields = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain; charset=utf-8"), *headers]
    await send({"type": "http.response.start", "status": error.status_code, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
