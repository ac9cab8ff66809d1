"""Decompression of request bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import NamedTuple, NoReturn

from armillary.asgi_types import ASGIApp, HTTPException, Message, Receive, Scope, Send, scope_record
from armillary.datastructures import joined_lines, list_members
from armillary.exchange import HTTPExchange, Rejection, reject, rejection_of

from ._accept_encoding import ALIASES, IDENTITY
from ._content_decoding import MAX_SLICE_SIZE, Decoder, MalformedBody, find_decoders
from ._header_fields import Header
from ._policy import check_size
from ._response import COMPRESSION_THREADS

DEFAULT_MAX_SIZE = 16 * 1024 * 1024
DEFAULT_MAX_RATIO = 200
DEFAULT_MAX_TIME = 10

CODED_BODY_FIELDS = frozenset({b"content-encoding", b"content-length"})

RATIO_FREE_SIZE = 1024 * 1024
"""Decoded bytes up to which any ratio is allowed: short texts of one repeated line are no attack."""

MAX_PIECE_SIZE = 64 * 1024
"""The most decoded bytes of a message, and the most that are decoded in the event loop's thread."""

MAX_THREAD_PIECE_SIZE = 512 * 1024
"""The same if one message decodes to more than a piece: the rest is decoded in a thread."""


class RequestDecompressionMiddleware:
    """Give the application request bodies without their content coding.

    A body is decoded as the application reads it. One that decodes to more than `max_size` bytes,
    or exceeds `max_ratio` or `max_time`, is rejected with 413 "Content Too Large" as soon as it does,
    one that is malformed or truncated with 400, and one in another coding, or in more than one, with 415 and
    an Accept-Encoding that lists the supported ones. The application sees neither Content-Encoding nor Content-Length.

    Args:
        app: the application to serve.
        max_size: bytes a body may decode to; 16 MiB by default, None for no limit.
        max_ratio: how many times as large as the coded body the decoded one may be, beyond its first MiB; 200 by
            default, None for no limit.
        max_time: seconds that decoding a body may take in all, without the time it takes to arrive; 10 by
            default, None for no limit.
        codings: names of codings; by default those installed of "gzip", "deflate", "br" and
            "zstd". The last two need the extras `brotli` and, before Python 3.14, `zstd`.

    Raises:
        TypeError: a string instead of a list, a size that is not an integer, a limit that is no number.
        ValueError: a coding that is not known or not installed, a negative size, a limit that is not above 0.

    RFC 9110 sections 8.4, 12.5.3, 15.5.14 and 15.5.16.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_size: int | None = DEFAULT_MAX_SIZE,
        max_ratio: float | None = DEFAULT_MAX_RATIO,
        max_time: float | None = DEFAULT_MAX_TIME,
        codings: Sequence[str] | None = None,
    ) -> None:
        if max_size is not None:
            check_size("max_size", max_size)
        check_limit("max_ratio", max_ratio, "decoded bytes for each coded one")
        check_limit("max_time", max_time, "seconds")
        self.app = app
        self.max_size = max_size
        self.limits: DecodingLimits = DecodingLimits(max_size, max_ratio, max_time)
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
        detail = f"Send the body as it is or in one of these codings: {known}."
        await reject(scope, send, Rejection(415, detail, [(b"accept-encoding", known.encode("ascii"))]))

    async def _decode_and_call(
        self, scope: Scope, receive: Receive, send: Send, name: str, make_decoder: Callable[[str], Decoder]
    ) -> None:
        body = DecodedBody(name, make_decoder(name), receive, self.limits)
        exchange = HTTPExchange(send)
        replaced = False

        # An application that takes the rejection for its own error responds with 5xx; the client, whose
        # fault it is, gets the rejection instead.
        async def send_or_reject(message: Message) -> None:
            nonlocal replaced
            if replaced:
                return
            if body.rejection is not None and not exchange.started and message.get("status", 0) >= 500:
                replaced = True
                await reject(scope, exchange.send, rejection_of(body.rejection))
            else:
                await exchange.send(message)

        scope_record(scope)
        plain = [
            field for field in scope["headers"] if field[0].lower() not in (b"content-encoding", b"content-length")
        ]
        try:
            await self.app({**scope, "headers": plain}, body.receive, send_or_reject)
        except HTTPException as exc:
            if exc is not body.rejection or exchange.started:
                raise
            await reject(scope, send, rejection_of(exc))


class DecodingLimits(NamedTuple):
    """What decoding one body may cost; None for no limit."""

    max_size: int | None
    max_ratio: float | None
    max_time: float | None


class DecodedBody:
    """A request body read without its coding."""

    def __init__(self, name: str, decoder: Decoder, receive: Receive, limits: DecodingLimits) -> None:
        self.rejection: HTTPException | None = None
        self._name = name
        self._decoder = decoder
        self._receive = receive
        self._limits = limits
        self._length = 0
        self._taken = 0  # coded bytes given to the decoder
        self._time = 0.0
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
        self._check_limits()
        self._ended = self._is_drained()
        if self._ended and not self._decoder.complete:
            self._reject(400, f"The body ends before its {self._name} coding does.")
        return {"type": "http.request", "body": decoded, "more_body": not self._ended}

    def _check_limits(self) -> None:
        max_size, max_ratio, max_time = self._limits
        if max_size is not None and self._length > max_size:
            self._reject(413, None)
        if max_ratio is not None and self._length > max(RATIO_FREE_SIZE, max_ratio * self._taken):
            self._reject(413, f"The body decodes to more than {max_ratio:g} times its size.")
        if max_time is not None and self._time > max_time:
            self._reject(413, f"The body takes longer to decode than {max_time:g} s.")

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
        began = perf_counter()
        while limit > 0:
            given = b""
            if decoder.needs_input:
                if not self._coded:
                    break
                given, self._coded = bytes(self._coded[:MAX_SLICE_SIZE]), self._coded[MAX_SLICE_SIZE:]
                self._taken += len(given)
            piece = decoder.decode(given, limit)
            pieces.append(piece)
            limit -= len(piece)
        self._time += perf_counter() - began
        return b"".join(pieces)

    def _reject(self, status: int, detail: str | None) -> NoReturn:
        self._coded = memoryview(b"")
        self.rejection = HTTPException(status, detail)
        raise self.rejection


def content_codings(headers: Iterable[Header]) -> list[str]:
    """Return the codings of a body in the order applied, without identity."""
    named = list_members(joined_lines(headers, b"content-encoding") or b"")
    names = [member.lower().decode("latin-1") for member in named]
    return [ALIASES.get(name, name) for name in names if name != IDENTITY]


def check_limit(parameter: str, limit: float | None, unit: str) -> None:
    if limit is None:
        return
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        raise TypeError(f"{parameter} is a number of {unit} or None, got {limit!r}")
    if not limit > 0:
        raise ValueError(f"{parameter} is a number of {unit}, above 0; got {limit!r}")
