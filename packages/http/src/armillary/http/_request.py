"""The HTTP request passed to an endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar, overload

from armillary.asgi_types import CachedBody, Receive, Scope, Send, find_scope_record
from armillary.concurrency import Limiter, run_in_threadpool
from armillary.datastructures import Forwarded, HTTPConnection, StateT
from armillary.exchange import DEFAULT_MAX_BODY_SIZE, check_declared_length, limit_in_force
from armillary.serialization import JSONDecoder, decode_json, json_error

from ._body_stream import BodyStream
from ._channel import empty_receive, empty_send
from ._client_certificate import ClientCertificate
from ._json_media_type import require_json_media_type
from ._received_body import (
    STREAM_CONSUMED,
    ReplayedBody,
    find_body,
    open_body,
    receive_piece,
    shared_body,
)
from .forms._data import FormData
from .forms._media import content_type_of, open_parts, read_form
from .forms._parts import PartStream
from .forms._pending import PendingForm

ModelT = TypeVar("ModelT")

_MISSING: Any = object()

_DECODING = Limiter("decoding", 4)
"""For decoding large bodies: it occupies the processor, so more threads would only wait for each other."""


class Request(HTTPConnection[StateT]):
    """An HTTP request: the scope, parsed on first access, and the body.

    The body is read once for all requests with the same scope and `receive`.

    Args:
        scope: an ASGI scope of type "http".
        receive: the connection's receive channel; needed to read the body.
        send: the connection's send channel; needed for early hints and push.

    Raises:
        TypeError: the scope is not of type "http".

    >>> Request({"type": "http", "method": "GET", "path": "/"}).method
    'GET'
    """

    max_body_size: ClassVar[int | None] = DEFAULT_MAX_BODY_SIZE
    """The limit in bytes on a body if the scope record has none; None for no limit."""

    rejects_declared_size: ClassVar[bool] = True
    """Whether a Content-Length over the limit is a 413 before the endpoint is called, which may never read the body."""

    keeps_rest_of_stream: ClassVar[bool] = False
    """Whether `body()` returns what is left of a body that was streamed in part; else that is an error."""

    body_idle_timeout: ClassVar[float | None] = 30.0
    """Seconds to wait for the next message of a body before a 408; None for no limit."""

    closes_form: ClassVar[bool] = True
    """Whether the files of a form are closed once the response was sent; detached ones never are."""

    json_decoder: ClassVar[JSONDecoder] = staticmethod(decode_json)
    """The decoder of `json()`; `decode_json` by default. It raises ValueError for what it cannot decode."""

    json_thread_size: ClassVar[int | None] = 1024 * 1024
    """Bytes of a JSON body above which it is decoded in a worker thread; None for never."""

    json_media_types_only: ClassVar[bool] = True
    """Whether `json()` rejects other media types, which any web page can send without a preflight."""

    _send: Send
    _receive: Receive
    _body: bytes
    _json: Any
    parsed_form: FormData | None = None
    """The form, once read; None before."""

    _streaming: bool = False

    def __init__(self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send) -> None:
        if scope["type"] != "http":
            raise TypeError(f"{type(self).__name__} takes an http scope, got {scope['type']!r}")
        self.scope = scope
        self._receive = receive
        self._send = send

    def check_declared_size(self) -> None:
        """Reject a body whose Content-Length is over the limit in force, if `rejects_declared_size` is true.

        Function and class endpoints are called after this, so that a body that is too large has no effect at all.

        Raises:
            HTTPException: 413.
        """
        if self.rejects_declared_size:
            check_declared_length(self.scope, limit_in_force(self.scope, self.max_body_size))

    @property
    def method(self) -> str:
        """The request method, such as "GET"."""
        method: str = self.scope["method"]
        return method

    @property
    def receive(self) -> Receive:
        """A receive channel for another application; it replays the body if it was read here."""
        shared = find_body(find_scope_record(self.scope), self._receive)
        body = getattr(self, "_body", None if shared is None else shared.body)
        if body is not None:
            return ReplayedBody([{"type": "http.request", "body": body, "more_body": False}], self._receive)
        if shared is not None and shared.unread:
            return ReplayedBody(list(shared.unread), self._receive)
        return self._receive

    async def body(self) -> bytes:
        """Return the whole body; it is read once per request and kept.

        Raises:
            HTTPException: 413, the body is over `max_body_size`; 408, it stopped for `body_idle_timeout` seconds.
            ClientDisconnect: the client disconnected before the body was complete.
            RuntimeError: the body was streamed, or there is no receive channel.
        """
        body: bytes | None = self.__dict__.get("_body")
        if body is not None:
            return body
        if type(self).stream is not _BASE_STREAM:
            self._body = b"".join([piece async for piece in self.stream()])
            return self._body
        receive = self._receive
        continuing = self._streaming and self.keeps_rest_of_stream
        shared, limit = open_body(self.scope, receive, self.max_body_size, continuing)
        if shared.body is None:
            if shared.complete:
                raise RuntimeError(STREAM_CONSUMED)
            shared.streaming = True
            body = await receive_piece(shared, receive, limit, self.body_idle_timeout)
            if not shared.complete:
                pieces = [body]
                while not shared.complete:
                    pieces.append(await receive_piece(shared, receive, limit, self.body_idle_timeout))
                body = b"".join(pieces)
            shared.body = body
        self._body = shared.body
        return shared.body

    def stream(self) -> AsyncIterator[bytes]:
        """Iterate over the body as it arrives, keeping nothing; an empty piece comes last.

        Raises:
            HTTPException: 413, the body is over `max_body_size`; 408, it stopped for `body_idle_timeout` seconds.
            ClientDisconnect: the client disconnected before the body was complete.
            RuntimeError: the body was already streamed, or there is no receive channel.
        """
        return BodyStream(self._open_stream, self.body_idle_timeout)

    def _open_stream(self) -> tuple[CachedBody, Receive, int | None]:
        kept: bytes | None = self.__dict__.get("_body")
        if kept is not None:
            return CachedBody(self._receive, kept), self._receive, None
        shared, limit = open_body(self.scope, self._receive, self.max_body_size, self._streaming)
        if shared.body is None:
            if shared.complete:
                raise RuntimeError(STREAM_CONSUMED)
            shared.streaming = self._streaming = True
        return shared, self._receive, limit

    @overload
    async def json(self, *, any_media_type: bool = False) -> Any: ...

    @overload
    async def json(self, *, type: type[ModelT], any_media_type: bool = False) -> ModelT: ...

    async def json(self, *, type: Any = None, any_media_type: bool = False) -> Any:
        """Return the body decoded from JSON (RFC 8259); decoded once and kept.

        Args:
            type: validate into this type: a msgspec struct, a pydantic model, a dataclass, a
                TypedDict or anything built of these. Needs msgspec or pydantic.
            any_media_type: accept a body of any Content-Type.

        Raises:
            HTTPException: 415, the Content-Type is not JSON; 400, the body is not JSON, with the
                position; 422, it does not fit `type`, with the path of each error; 413 as `body()`.

        >>> async def create(request):
        ...     user = await request.json(type=dict[str, int])
        """
        if not any_media_type and self.json_media_types_only:
            require_json_media_type(self.scope)
        value = self.__dict__.get("_json", _MISSING)
        if value is _MISSING:
            body = await self.body()
            if self.json_thread_size is None or len(body) <= self.json_thread_size:
                value = self.decode_json_body(body)
            else:
                value = await run_in_threadpool(self.decode_json_body, body, limiter=_DECODING)
            self._json = value
        if type is None:
            return value
        from armillary.serialization import validate

        return validate(value, type)

    def decode_json_body(self, body: bytes) -> Any:
        """Return a body decoded by `json_decoder`; override to decode differently.

        Raises:
            HTTPException: 400, with the position.
        """
        try:
            return type(self).json_decoder(body)
        except (ValueError, RecursionError) as exc:
            raise json_error(exc, body) from None

    def form(self, **limits: int | None) -> PendingForm:
        """Return the form in the body: await it, or use it as `async with request.form() as form`.

        Its files are closed when the block ends, or else when the response was sent, except for
        those detached by `detach()`. A body of another media type is an empty form.

        Args:
            **limits: the fields of `FormLimits`, such as `max_files=10`.

        Raises:
            FormError: 400, the form is malformed.
            FormTooLarge: 413, it is over a limit.
            HTTPException, ClientDisconnect, RuntimeError: as `stream()`.

        Follows RFC 7578 and WHATWG URL section 5.1. Needs `armillary-http[forms]` for multipart.
        """
        return PendingForm(self, lambda: self._read_form(limits))

    async def _read_form(self, limits: dict[str, Any]) -> FormData:
        if self.parsed_form is not None:
            return self.parsed_form
        shared = shared_body(self.scope, self._receive)
        if shared.form is None:
            shared.form = await self.parse_form(limits)
            for upload in shared.form.files():
                upload.written = False  # by the parser
        self.parsed_form = shared.form
        form: FormData = shared.form
        return form

    async def parse_form(self, limits: dict[str, Any]) -> FormData:
        """Read the form in the body; override to read it differently."""
        return await read_form(content_type_of(self.scope), self.stream(), limits)

    def parts(self, **limits: int | None) -> PartStream:
        """Iterate over the parts of a multipart body, keeping none.

        Each part is read, copied to a sink, or else skipped.

        Args:
            **limits: the fields of `FormLimits`, such as `max_file_size=10_000_000`.

        Raises:
            HTTPException: 415, the body is not multipart/form-data.
            FormError: 400, the form is malformed.
            FormTooLarge: 413, it is over a limit.

        >>> async def upload(request):
        ...     async for part in request.parts():
        ...         if part.filename:
        ...             await part.copy_to(open("upload", "wb"))
        """
        return open_parts(content_type_of(self.scope), self.stream(), limits)

    async def rewind(self) -> None:
        """Make the request readable again as it was received, for an endpoint that is run again.

        JSON is decoded again and uploads are at their start. A form whose files were closed or written to is read
        again, and a body may be streamed again, if `await request.body()` kept it before.

        Raises:
            RuntimeError: the body, or a file of the form, cannot be read again.
        """
        self.__dict__.pop("_json", None)
        shared = shared_body(self.scope, self._receive)
        kept = shared.body is not None or "_body" in self.__dict__
        form: FormData | None = shared.form if self.parsed_form is None else self.parsed_form
        if form is None:
            if shared.streaming and not kept:
                raise RuntimeError(STREAM_CONSUMED)
            return
        try:
            for upload in form.files():
                await upload.rewind()
        except RuntimeError:
            if not kept:
                raise
            await form.close_owned()
            self.parsed_form = shared.form = None

    async def close(self) -> None:
        """Close the files of the form, except for detached ones."""
        if self.parsed_form is not None:
            await self.parsed_form.close_owned()

    async def is_disconnected(self) -> bool:
        """Return, without waiting, whether the client has disconnected. The body stays readable."""
        shared = shared_body(self.scope, self._receive)
        if not shared.disconnected:
            from ._disconnect_poll import poll_disconnect

            await poll_disconnect(shared, self._receive)
        return shared.disconnected

    async def send_early_hints(self, link: str, /, *links: str) -> None:
        """Send the client links to what it will need, in a 103 before the final response (RFC 8297).

        Nothing is sent if the server has no `http.response.early_hint`.

        Args:
            link, *links: values of Link headers, such as `</app.css>; rel=preload; as=style`.

        Raises:
            ValueError: a link contains CR, LF, NUL or another character not allowed in a header.
        """
        from ._server_push import send_early_hints

        await send_early_hints(self.scope, self._send, (link, *links))

    async def send_push_promise(self, path: str) -> None:
        """Push a resource before the client requests it (RFC 9113 section 8.4).

        Nothing is sent if the server has no `http.response.push`. Browsers no longer accept
        pushes; prefer `send_early_hints`.

        Args:
            path: the path and query of the resource.
        """
        from ._server_push import send_push_promise

        await send_push_promise(self.scope, self._send, self.headers, path)

    def accepts(self, media_type: str) -> bool:
        """Return whether the client accepts this media type (Accept, RFC 9110 section 12.5.1).

        >>> Request({"type": "http", "headers": [(b"accept", b"text/*")]}).accepts("text/html")
        True
        """
        from ._negotiation import media_type_quality

        return media_type_quality(", ".join(self.headers.getlist("accept")), media_type) > 0

    def best_match(self, media_types: Sequence[str], default: str | None = None) -> str | None:
        """Return the offered media type the client prefers, else `default`.

        Args:
            media_types: what can be sent, the preferred first; that order decides between equals.
            default: returned if the client accepts none of them.

        >>> scope = {"type": "http", "headers": [(b"accept", b"text/html, application/json;q=0.9")]}
        >>> Request(scope).best_match(["application/json", "text/html"])
        'text/html'
        """
        from ._negotiation import best_media_type

        return best_media_type(", ".join(self.headers.getlist("accept")), media_types, default)

    def best_language(self, languages: Sequence[str], default: str | None = None) -> str | None:
        """Return the offered language tag the client prefers, else `default`.

        Lookup by RFC 4647 section 3.4: the range "de-CH" is matched by "de" if there is no closer tag.

        >>> scope = {"type": "http", "headers": [(b"accept-language", b"de-CH, en;q=0.5")]}
        >>> Request(scope).best_language(["en", "de"])
        'de'
        """
        from ._negotiation import best_language

        return best_language(", ".join(self.headers.getlist("accept-language")), languages, default)

    def check_conditions(
        self, *, etag: str | None = None, last_modified: datetime | None = None, exists: bool = True
    ) -> None:
        """Evaluate If-Match, If-None-Match and the like; raise the 304 or 412 they call for (RFC 9110 section 13).

        Call it before performing the request, with the current state of the resource.

        Args:
            etag: its entity tag with quotes: `'"v1"'`, weak as `'W/"v1"'`.
            last_modified: when it last changed; aware, or in UTC.
            exists: False if there is no such resource yet.

        Raises:
            HTTPException: 304, the client has it already (GET and HEAD); 412, a condition failed.

        >>> scope = {"type": "http", "method": "GET", "headers": [(b"if-none-match", b'"v1"')]}
        >>> Request(scope).check_conditions(etag='"v1"')
        Traceback (most recent call last):
        armillary.asgi_types._exceptions.HTTPException: 304: Not Modified
        """
        from ._condition_check import raise_condition

        raise_condition(self.method, self.headers, etag, last_modified, exists)

    @property
    def forwarded(self) -> list[Forwarded]:
        """The elements of the Forwarded headers, the client's side first (RFC 7239).

        Anyone can send this header: trust only what your own proxy wrote.

        Raises:
            HTTPException: 400, the header is malformed.
        """
        from ._forwarded import forwarded_elements

        return forwarded_elements(self.headers)

    @property
    def client_certificate(self) -> ClientCertificate | None:
        """The certificate the client presented in the TLS handshake; None without one (ASGI TLS extension)."""
        from ._client_certificate import client_certificate

        return client_certificate(self.scope)


_BASE_STREAM = Request.stream
