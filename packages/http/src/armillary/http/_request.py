"""The HTTP request passed to an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from armillary.asgi_types import CachedBody
from armillary.datastructures import Forwarded, StateT

from ._client_certificate import ClientCertificate
from ._received_body import shared_body
from ._request_content import RequestContent


class Request(RequestContent[StateT]):
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

    @property
    def method(self) -> str:
        """The request method, such as "GET"."""
        method: str = self.scope["method"]
        return method

    @property
    def received_body(self) -> CachedBody:
        """What was received of the body, shared by all requests with the same scope and `receive`."""
        return shared_body(self.scope, self._receive)

    async def is_disconnected(self) -> bool:
        """Return, without waiting, whether the client has disconnected. The body stays readable."""
        shared = self.received_body
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

        await send_early_hints(self.scope, self._send_on, (link, *links))

    async def send_push_promise(self, path: str) -> None:
        """Push a resource before the client requests it (RFC 9113 section 8.4).

        Nothing is sent if the server has no `http.response.push`. Browsers no longer accept
        pushes; prefer `send_early_hints`.

        Args:
            path: the path and query of the resource.
        """
        from ._server_push import send_push_promise

        await send_push_promise(self.scope, self._send_on, self.headers, path)

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
