"""`starlette.middleware.gzip`: the native coding of responses, in responders that programs subclass."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.compression import (
    CodedResponse,
    Coding,
    CompressionPolicy,
    Encoder,
    Gzip,
    GZipMiddleware as NativeGZipMiddleware,
)

from ..datastructures import Headers

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
def _policy(minimum_size: int, exclude_content_types: tuple[str, ...]) -> CompressionPolicy:
    # The encodings of gRPC messages, such as application/grpc+proto, are left alone as gRPC itself is.
    grpc = ("application/grpc+*",) if "application/grpc" in exclude_content_types else ()
    return CompressionPolicy([Gzip()], minimum_size, (*exclude_content_types, *grpc))


class IdentityResponder:
    """Serves a client that does not accept the coding, with `Vary` if another client would get it."""

    content_encoding = ""
    thread_minimum_size = THREAD_MINIMUM_SIZE

    def __init__(self, app: ASGIApp, minimum_size: int, *, exclude_content_types: Patterns = DEFAULT_EXCLUDED) -> None:
        self.app = app
        self.minimum_size = minimum_size
        self.send: Send = unattached_send
        self._policy = _policy(minimum_size, tuple(exclude_content_types))
        self._response: CodedResponse | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.send = send
        self._response = CodedResponse(
            self._policy,
            self._coding(),
            self.minimum_size,
            self.thread_minimum_size,
            scope,
            send,
            holds_unsized=True,
            varies_when_small=False,
        )
        await self.app(scope, receive, self.send_with_compression)

    def _coding(self) -> Coding | None:
        return None

    async def send_with_compression(self, message: Message) -> None:
        """Send one message of the application."""
        await (self.send if self._response is None else self._response.send)(message)

    def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
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

    def _coding(self) -> Coding:
        return _ResponderCoding(self)

    @property
    def compressor(self) -> Any:
        """The object of zlib that compresses this response; made when first read."""
        if self._compressor is None:
            self._compressor = zlib.compressobj(self.compresslevel, zlib.DEFLATED, GZIP_WINDOW)
        return self._compressor

    def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        """Return a part of the body compressed and flushed."""
        if self._compressor is not None:  # read by a subclass
            mode = zlib.Z_SYNC_FLUSH if more_body else zlib.Z_FINISH
            coded: bytes = self._compressor.compress(body) + self._compressor.flush(mode)
            return coded
        if self._encoder is None:
            self._encoder = Gzip(self.compresslevel).encoder()
        return self._encoder.encode(body, not more_body)


class _ResponderCoding:
    """The coding made of a responder's methods."""

    def __init__(self, responder: IdentityResponder) -> None:
        self._responder = responder
        self.name = responder.content_encoding

    def encode(self, data: bytes, last: bool = True, /) -> bytes:
        return self._responder.apply_compression(data, more_body=not last)

    def encoder(self) -> _ResponderCoding:
        return self


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
        excluded = self.exclude_content_types
        accepted = ",".join(Headers(scope=scope).getlist("accept-encoding"))
        if self.policy.choose(accepted.encode("latin-1")).coding is None:
            return IdentityResponder(self.app, self.minimum_size, exclude_content_types=excluded)
        return GZipResponder(
            self.app,
            self.minimum_size,
            self.compresslevel,
            exclude_content_types=excluded,
            thread_minimum_size=self.thread_minimum_size,
        )
