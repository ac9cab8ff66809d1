"""`starlette.middleware.gzip`: the native coding of responses, in responders that programs subclass."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.compression import CompressionPolicy, Encoder, Gzip, GZipMiddleware as NativeGZipMiddleware
from armillary.concurrency import FairTurn

from ..concurrency import run_in_threadpool
from ..datastructures import MutableHeaders

__all__ = ["DEFAULT_EXCLUDED_CONTENT_TYPES", "GZipMiddleware", "GZipResponder", "IdentityResponder", "unattached_send"]

Patterns = Sequence[str]
DEFAULT_EXCLUDED_CONTENT_TYPES = (
    "application/grpc",
    "application/gzip",
    "application/x-gzip",
    "application/zip",
    "audio/*",
    "font/woff",
    "font/woff2",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/event-stream",
    "video/*",
)
DEFAULT_EXCLUDED = DEFAULT_EXCLUDED_CONTENT_TYPES
HIGHEST_LEVEL = 9
GZIP_WINDOW = zlib.MAX_WBITS | 16
THREAD_MINIMUM_SIZE = 128 * 1024


async def unattached_send(message: Message) -> None:
    """The value of `send` until a request comes."""
    raise RuntimeError("the responder has no request yet; call it as an ASGI application first")


@lru_cache(maxsize=64)
def _excluded(content_types: tuple[str, ...]) -> Any:
    # The encodings of gRPC messages, such as application/grpc+proto, are left alone as gRPC itself is.
    grpc = ("application/grpc+*",) if "application/grpc" in content_types else ()
    return CompressionPolicy([Gzip()], 0, (*content_types, *grpc)).excluded


class IdentityResponder:
    """Serves a client that does not accept the coding, with `Vary` if another client would get it."""

    content_encoding = ""
    thread_minimum_size = THREAD_MINIMUM_SIZE

    def __init__(self, app: ASGIApp, minimum_size: int, *, exclude_content_types: Patterns = DEFAULT_EXCLUDED) -> None:
        self.send: Send = unattached_send
        self.app = app
        self.minimum_size, self.exclude_content_types = minimum_size, exclude_content_types
        # What is known of the response.
        self.started = self.partial_response = False
        self.content_encoding_set = self.content_type_is_excluded = self._passes = False
        self.initial_message: Message = {}
        self._turn: FairTurn | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.send = send
        await self.app(scope, receive, self.send_with_compression)

    async def send_with_compression(self, message: Message) -> None:
        """Send one message of the application; the start waits for the first part of the body."""
        kind = message["type"]
        if kind == "http.response.start":
            self.initial_message = message = {**message, "headers": [*message.get("headers", ())]}
            self._examine(message)
            if not self._passes:
                return
            self.started = True
        elif not self._passes:
            if kind == "http.response.body":
                await self._send_body(message)
                return
            if not self.started and self.initial_message:  # an early hint comes before the start
                self.started = True
                await self.send(self.initial_message)
        await self.send(message)

    def _examine(self, start: Message) -> None:
        """Decide whether the response is left alone."""
        self.partial_response = start.get("status") == 206
        for name, value in start["headers"]:
            if name == b"content-encoding":
                self.content_encoding_set = True
            elif name == b"content-type":
                self.content_type_is_excluded = _excluded(tuple(self.exclude_content_types)).contains(value)
        self._passes = self.content_encoding_set or self.content_type_is_excluded or self.partial_response

    async def _send_body(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        more_body: bool = message.get("more_body", False)
        if self.started:
            await self.send({**message, "body": await self.apply_compression(body, more_body=more_body)})
        else:
            self.started = True
            start = self.initial_message
            if more_body or len(body) >= self.minimum_size:
                coded = await self.apply_compression(body, more_body=more_body)
                headers = MutableHeaders(raw=start["headers"])
                headers.add_vary_header("Accept-Encoding")
                if coded != body:
                    headers["content-encoding"] = self.content_encoding
                    if more_body or start.get("trailers", False):
                        del headers["content-length"]
                    else:
                        headers["content-length"] = str(len(coded))
                message = {**message, "body": coded}
            await self.send(start)
            await self.send(message)
        if more_body:  # coding takes time, and no `send` need wait
            if self._turn is None:
                self._turn = FairTurn()
            elif self._turn.is_due():
                await self._turn.give()

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """Return a part of the body as it is sent."""
        return body


class GZipResponder(IdentityResponder):
    """Serves one request of a client that accepts gzip."""

    content_encoding = "gzip"
    _encoder: Encoder | None = None
    _compressor: Any = None

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int,
        compresslevel: int = HIGHEST_LEVEL,
        *,
        exclude_content_types: Patterns = DEFAULT_EXCLUDED,
        thread_minimum_size: int = THREAD_MINIMUM_SIZE,
    ) -> None:
        super().__init__(app, minimum_size, exclude_content_types=exclude_content_types)
        self.thread_minimum_size = thread_minimum_size
        self.compresslevel = compresslevel

    @property
    def compressor(self) -> Any:
        """The object of zlib that compresses this response; made when first read."""
        if self._compressor is None:
            self._compressor = zlib.compressobj(self.compresslevel, zlib.DEFLATED, GZIP_WINDOW)
        return self._compressor

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """Return a part of the body compressed and flushed; a large one is compressed in a thread."""
        if len(body) < self.thread_minimum_size:
            return self._compress(body, more_body)
        return await run_in_threadpool(self._compress, body, more_body)

    def _compress(self, body: bytes, more_body: bool) -> bytes:
        if self._compressor is not None:  # read by a subclass
            mode = zlib.Z_SYNC_FLUSH if more_body else zlib.Z_FINISH
            coded: bytes = self._compressor.compress(body) + self._compressor.flush(mode)
            return coded
        if self._encoder is None:
            self._encoder = Gzip(self.compresslevel).encoder()
        return self._encoder.encode(body, not more_body)


class GZipMiddleware(NativeGZipMiddleware):
    """Creates a responder for each request."""

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = 500,
        compresslevel: int = HIGHEST_LEVEL,
        thread_minimum_size: int = THREAD_MINIMUM_SIZE,
        *,
        exclude_content_types: Patterns = DEFAULT_EXCLUDED,
    ) -> None:
        super().__init__(
            app, minimum_size, compresslevel, thread_minimum_size, exclude_content_types=exclude_content_types
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._responder(scope)(scope, receive, send)

    def _responder(self, scope: Scope) -> ASGIApp:
        # Starlette looks for the word in the first line, whatever weight it has there.
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        if b"gzip" not in accepted:
            return IdentityResponder(self.app, self.minimum_size, exclude_content_types=self.exclude_content_types)
        return GZipResponder(
            self.app,
            self.minimum_size,
            self.compresslevel,
            exclude_content_types=self.exclude_content_types,
            thread_minimum_size=self.thread_minimum_size,
        )
