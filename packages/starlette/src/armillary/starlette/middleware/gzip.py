"""`starlette.middleware.gzip`: the native coding of responses, in responders that programs subclass."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
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

from ..concurrency import run_in_threadpool
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
        self.exclude_content_types = exclude_content_types
        self.send: Send = unattached_send
        self.initial_message: Message = {}
        self.started = False
        self._policy = _policy(minimum_size, tuple(exclude_content_types))
        self._response: CodedResponse | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.send = send
        self._response = _ResponderResponse(self, self._policy, self._coding(), scope)
        await self.app(scope, receive, self.send_with_compression)

    def _coding(self) -> Coding | None:
        return None

    async def send_with_compression(self, message: Message) -> None:
        """Send one message of the application."""
        if message["type"] == "http.response.start":
            self.initial_message = message
        await (self.send if self._response is None else self._response.send)(message)

    async def send_started(self, message: Message) -> None:
        """Pass a message on to the server."""
        self.started = True
        await self.send(message)

    @property
    def content_encoding_set(self) -> bool:
        """Whether the application has coded the body itself."""
        return "content-encoding" in self._fields

    @property
    def content_type_is_excluded(self) -> bool:
        """Whether the type of the body is one that is left alone."""
        return self._policy.excluded.contains(self._fields.get("content-type", "").encode("latin-1"))

    @property
    def partial_response(self) -> bool:
        """Whether the body is a part of the whole."""
        return self.initial_message.get("status") == 206

    @property
    def _fields(self) -> Headers:
        return Headers(raw=list(self.initial_message.get("headers", ())))

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

    def _coding(self) -> Coding:
        return _ResponderCoding(self)

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


class _ResponderCoding:
    """The coding made of a responder's method, which is awaited by `_ResponderResponse`."""

    def __init__(self, responder: IdentityResponder) -> None:
        self._responder = responder
        self.name = responder.content_encoding

    def encode(self, data: bytes, last: bool = True, /) -> Any:
        return self._responder.apply_compression(data, more_body=not last)

    def encoder(self) -> _ResponderCoding:
        return self


class _ResponderResponse(CodedResponse):
    """The native decisions about a response, with a responder's methods to code and send it."""

    def __init__(
        self, responder: IdentityResponder, policy: CompressionPolicy, coding: Coding | None, scope: Scope
    ) -> None:
        super().__init__(
            policy,
            coding,
            responder.minimum_size,
            responder.thread_minimum_size,
            scope,
            responder.send_started,
            holds_unsized=True,
            varies_when_small=False,
            codes_head=True,
        )

    async def coded(self, encode: Callable[..., Any], body: bytes, *last: bool) -> bytes:
        coded: bytes = await encode(body, *last)
        return coded


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
