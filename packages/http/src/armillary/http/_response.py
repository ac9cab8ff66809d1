"""The base class of all responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from armillary.asgi_types import Receive, Scope, Send
from armillary.datastructures import MutableHeaders, encode_text
from armillary.exchange import BODILESS_STATUSES, record_response_start

from ._content_type import CONTENT_TYPES, RawHeader, content_length, content_type, known_length
from ._cookie import format_cookie
from ._denial_response import denial_response_send
from ._response_policy import HeaderFields, ResponsePolicy

Content: TypeAlias = str | bytes | memoryview
"""The types of a body, or of a part of one."""

Seconds: TypeAlias = int

SameSite: TypeAlias = Literal["lax", "strict", "none"]

Background: TypeAlias = Callable[[], Awaitable[None]]
"""Work awaited after the response was sent, such as a `BackgroundTask`."""


class Response(ResponsePolicy):
    """A complete response: a status, headers and a body in memory.

    It is itself an ASGI application, and may be served any number of times. On a WebSocket
    scope it rejects the handshake.

    Args:
        content: the body; text is encoded as `charset`. None is an empty body.
        status_code: the status. 1xx, 204, 304 and the response to HEAD have no body.
        headers: further headers. A `content-type` here takes precedence over `media_type`.
        media_type: the `content-type`; `text/*` gets the charset. Default: the class's.
        background: awaited after the response was sent.

    Attributes:
        media_type, charset: class-wide defaults for subclasses to change; so is the policy, see `ResponsePolicy`.
        raw_headers: the header pairs as sent; `headers` is a mapping over the same list.
        body: the encoded body.

    Raises:
        TypeError: `content` is not one of the accepted types, or the status is not an int.
        ValueError: a header or the media type contains CR, LF, NUL or another forbidden character, a header is
            Transfer-Encoding, or the status is not from 100 to 599.

    Follows RFC 9110 sections 6 and 8.

    >>> response = Response("hello", media_type="text/plain")
    >>> response.body, response.headers["content-type"]
    (b'hello', 'text/plain; charset=utf-8')
    """

    media_type: str | None = None
    charset: str = "utf-8"

    body: bytes
    raw_headers: list[RawHeader]
    _headers: MutableHeaders | None = None

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: HeaderFields | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> None:
        if status_code != 200:
            self.check_status(status_code)
        self.background = background
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.body = self.render(content)
        self.init_headers(headers)

    def render(self, content: Any) -> bytes:
        """Return the body for `content`; subclasses override it to serialise."""
        if isinstance(content, str):
            try:
                return content.encode(self.charset)
            except UnicodeEncodeError:
                return encode_text(content, self.charset)
        if content is None:
            return b""
        return encode_chunk(content, self.charset)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Fill `raw_headers` from `headers`, the body and the media type."""
        try:
            size = len(self.body)
        except AttributeError:  # a subclass that streams and has no body
            self.init_unmeasured_headers(headers)
            return
        if self.status_code in BODILESS_STATUSES:
            if self.leaves_out_bodies:
                self.body = b""
            self.init_unmeasured_headers(headers)
            return
        length = known_length(size) or content_length(size)
        if headers:
            self._merge_headers(self.encode_headers(headers), length)
        elif (media_type := self.media_type) is None:
            self.raw_headers = [length]
        else:
            try:
                kind = CONTENT_TYPES[self.charset][media_type]
            except KeyError:
                kind = content_type(media_type, self.charset)
            self.raw_headers = [length, kind]

    def init_unmeasured_headers(self, headers: HeaderFields | None) -> None:
        """Fill `raw_headers` if there is no body, or its length is not known."""
        self.raw_headers = self.encode_headers(headers)
        if self.status_code in BODILESS_STATUSES and self.strict_arguments:
            self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        if self.media_type is not None and (self.status_code != 204 or not self.leaves_out_bodies):
            self._add_content_type()

    def _merge_headers(self, raw: list[RawHeader], length: RawHeader) -> None:
        self.raw_headers = raw
        measured = typed = False
        for name, _ in raw:
            if name == b"content-length":
                measured = True
            elif name == b"content-type":
                typed = True
        if not measured or not self._keep_given_length():
            self.raw_headers.append(length)
        if not typed and self.media_type is not None:
            self.raw_headers.append(content_type(self.media_type, self.charset))

    def _keep_given_length(self) -> bool:
        # A length given for a body in memory is replaced by the real one; without a body it may be
        # that of the resource, as in the response to a HEAD.
        lengths = [value for name, value in self.raw_headers if name == b"content-length"]
        if not self.body and len(lengths) == 1 and lengths[0].isdigit():
            return True
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        return False

    def _add_content_type(self) -> None:
        for name, _ in self.raw_headers:
            if name == b"content-type":
                return
        assert self.media_type is not None
        self.raw_headers.append(content_type(self.media_type, self.charset))

    @property
    def headers(self) -> MutableHeaders:
        """The headers as a mutable mapping over `raw_headers`."""
        headers = self._headers
        if headers is None or headers.raw is not self.raw_headers:
            headers = self._headers = self.headers_class(raw=self.raw_headers)
        return headers

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: Seconds | None = None,
        expires: datetime | str | Seconds | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Add a `set-cookie` header.

        Args:
            key: the name, a token of RFC 9110 section 5.6.2.
            value: the value; quoted if it contains more than token characters.
            max_age: seconds until it expires; 0 deletes it.
            expires: when it expires: an aware datetime, an HTTP date, or seconds from now.
            path: the path prefix it is sent for; None for the directory of the request.
            domain: the domain, with its subdomains, it is sent to; None for this host only.
            secure: sent over TLS only.
            httponly: hidden from scripts.
            samesite: when it is sent on requests from other sites; None leaves it to the browser.
            partitioned: stored separately for each top-level site.

        Raises:
            ValueError: an attribute contains a character that would end it; or a browser would drop
                the cookie: a `__Host-` or `__Secure-` name without what the prefix demands,
                "none" or `partitioned` without `secure`, more than 4096 bytes.

        Follows RFC 6265 section 4.1 and its revision, draft-ietf-httpbis-rfc6265bis.

        >>> response = Response()
        >>> response.set_cookie("__Host-id", "a1", secure=True, httponly=True)
        >>> response.headers["set-cookie"]
        '__Host-id=a1; HttpOnly; Path=/; SameSite=lax; Secure'
        """
        if partitioned:
            self.check_partitioned()
        cookie = format_cookie(
            key,
            value,
            max_age=max_age,
            expires=expires,
            domain=domain,
            httponly=httponly,
            partitioned=partitioned,
            path=path,
            samesite=samesite,
            secure=secure,
            strict=self.strict_cookies,
        )
        self.raw_headers.append((b"set-cookie", cookie))

    def delete_cookie(
        self,
        key: str,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Expire a cookie in the browser; the attributes must be those it was set with.

        >>> response = Response()
        >>> response.delete_cookie("id")
        >>> "Max-Age=0" in response.headers["set-cookie"]
        True
        """
        self.set_cookie(key, "", 0, 0, path, domain, secure, httponly, samesite, partitioned)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, then await the background work."""
        method = scope.get("method")
        body = self.body
        if method is None or method == "HEAD":
            if scope["type"] == "websocket":  # which has no method
                send = denial_response_send(scope, send, self.denial_without_extension)
            elif self.leaves_out_bodies:
                body = b""
        # The list is copied since middleware appends to it in place, and the response may be served again.
        await send({"type": "http.response.start", "status": self.status_code, "headers": [*self.raw_headers]})
        try:
            await send({"type": "http.response.body", "body": body})
        except BaseException:
            record_response_start(scope, send)  # a layer that keeps the start back says so
            raise
        if self.background is not None:
            # An exception from here on can no longer get a response.
            record_response_start(scope, send)
            await self.background()


class ContentTypeError(TypeError, AttributeError):
    """A body is neither text nor bytes: a `TypeError`, and the `AttributeError` of what cannot encode itself."""


def encode_chunk(content: object, charset: str) -> bytes:
    """Return the bytes of a body or of a part of one; `TypeError` for other types."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return encode_text(content, charset)
    if isinstance(content, memoryview):
        return content.tobytes()
    if isinstance(content, bytearray):
        return bytes(content)
    hint = "use JSONResponse for data, StreamingResponse for an iterator"
    if callable(content):
        hint = "call it, with (), and await it if it is async"
    name = type(content).__name__
    if name == "coroutine":
        hint = "await it"
    raise ContentTypeError(f"a response body is str, bytes, bytearray or memoryview, not {name}; {hint}")
