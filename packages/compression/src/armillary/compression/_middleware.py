"""The ASGI middleware around the compression policy."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.datastructures import joined_lines

from ._coding import Coding
from ._content_types import DEFAULT_EXCLUDED_CONTENT_TYPES
from ._gzip import Gzip
from ._header_fields import VARY, varying_fields
from ._installed import make_codings
from ._policy import Choice, CompressionPolicy, check_size
from ._response import CodedResponse

DEFAULT_MINIMUM_SIZE = 500
DEFAULT_THREAD_MINIMUM_SIZE = 128 * 1024


class _Compression:
    """What both middleware share."""

    def __init__(
        self,
        app: ASGIApp,
        codings: Sequence[Coding],
        minimum_size: int,
        thread_minimum_size: int,
        exclude_content_types: Sequence[str],
    ) -> None:
        check_size("thread_minimum_size", thread_minimum_size)
        self.app = app
        self.minimum_size = minimum_size
        self.thread_minimum_size = thread_minimum_size
        self.exclude_content_types = exclude_content_types
        self.policy: CompressionPolicy = CompressionPolicy(codings, minimum_size, exclude_content_types)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        onward: Send | None = None

        # It inspects the start of the response, and then passes the rest straight on if it may. A plain
        # function: it returns what `send` returned to be awaited, without a frame of its own.
        def send_coded(message: Message) -> Awaitable[None]:
            nonlocal onward
            if onward is not None:
                return onward(message)
            if message["type"] != "http.response.start":
                return send(message)
            policy = self.policy
            headers, may_code, size, varies = policy.examine(message)
            choice = policy.choose(accept_encoding(scope))
            if choice.rejects_identity or size is None or size >= policy.minimum_size or message["status"] == 304:
                onward = self._response(choice, scope, send).send
            else:
                onward = send
                if may_code:  # for a client that rejects identity
                    if varies:
                        headers = varying_fields(headers)
                    else:
                        headers.append(VARY)
            message = {**message}
            message["headers"] = headers
            return onward(message)

        app = self.app
        await app(scope, receive, send_coded)

    def _response(self, choice: Choice, scope: Scope, send: Send) -> CodedResponse:
        policy = self.policy
        minimum_size = 0 if choice.rejects_identity else policy.minimum_size
        return CodedResponse(policy, choice.coding, minimum_size, self.thread_minimum_size, scope, send)


class CompressionMiddleware(_Compression):
    """Compress responses in the coding that the client prefers.

    Streams are flushed after every part. Not compressed: small bodies, bodies that are coded or
    compressed already, event streams, partial content, files that the server sends itself, and
    responses with `no-transform`. A strong ETag becomes a weak one.

    Args:
        app: the application whose responses are compressed.
        codings: names of codings, the best first; by default those installed of "zstd", "br" and
            "gzip". The first two need the extras `zstd` (before Python 3.14) and `brotli`.
        levels: the compression level, by coding; by default zstd 3, br 4 and gzip 6.
        minimum_size: bytes below which a body is not compressed; 500 by default.
        thread_minimum_size: bytes from which a part of a body is compressed in a thread; 128 KiB
            by default.
        exclude_content_types: media types not to compress; a final `*` matches any ending.

    Raises:
        TypeError: a string instead of a list, a size or level that is not an integer.
        ValueError: a coding that is not known or not installed, a level out of range, a negative
            size, something that is not a media type.

    RFC 9110 sections 8.4, 8.8.1 and 12.5.3.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        codings: Sequence[str] | None = None,
        levels: Mapping[str, int] | None = None,
        minimum_size: int = DEFAULT_MINIMUM_SIZE,
        thread_minimum_size: int = DEFAULT_THREAD_MINIMUM_SIZE,
        exclude_content_types: Sequence[str] = DEFAULT_EXCLUDED_CONTENT_TYPES,
    ) -> None:
        super().__init__(app, make_codings(codings, levels), minimum_size, thread_minimum_size, exclude_content_types)


class GZipMiddleware(_Compression):
    """Compress responses with gzip, for clients that accept it.

    See `CompressionMiddleware` for what is not compressed.

    Args:
        app: the application whose responses are compressed.
        minimum_size: bytes below which a body is not compressed; 500 by default.
        compresslevel: from 0 to 9.
        thread_minimum_size: bytes from which a part of a body is compressed in a thread; 128 KiB
            by default.
        exclude_content_types: media types not to compress; a final `*` matches any ending.

    Raises:
        TypeError: a string instead of a list, a size or level that is not an integer.
        ValueError: a level out of range, a negative size, something that is not a media type.
    """

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = DEFAULT_MINIMUM_SIZE,
        compresslevel: int = 9,
        thread_minimum_size: int = DEFAULT_THREAD_MINIMUM_SIZE,
        *,
        exclude_content_types: Sequence[str] = DEFAULT_EXCLUDED_CONTENT_TYPES,
    ) -> None:
        super().__init__(app, [Gzip(compresslevel)], minimum_size, thread_minimum_size, exclude_content_types)
        self.compresslevel = compresslevel


def accept_encoding(scope: Scope) -> bytes:
    """Return the Accept-Encoding of a request, its lines joined; b"" if there is none."""
    found: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            if found is not None:  # as from hardly any client
                return joined_lines(scope["headers"], name) or b""
            found = value
    return found or b""
