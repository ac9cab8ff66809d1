"""What both clients decide alike, without an event loop of their own: calls of the application made
of requests, responses made of what it sent, and the errors for how it ended.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from armillary.asgi_types import ASGIApp, Scope

from ._bodies import BodySource, body_source
from ._errors import DenialResponse, WebSocketClosed, WebSocketRejected
from ._http_exchange import HTTPExchange
from ._library import HTTPLibrary, library
from ._lifespan import LifespanRun
from ._settings import DEFAULT_BASE_URL, DEFAULT_EXTENSIONS, DEFAULT_TIME_LIMIT, ClientSettings, LifespanPolicy
from ._websocket_exchange import WebSocketExchange

if TYPE_CHECKING:
    import httpx
    from httpx._client import BaseClient as _Client
else:
    _Client = object

_EXCHANGE_KEY = "armillary.testing.exchange"
"""The extension under which the response to a handshake carries its exchange."""


class Transport:
    """Passes a client library's requests on to one of our clients, sync or async."""

    def __init__(self, handle_request: Callable[[httpx.Request], Any], close: Callable[[], Any]) -> None:
        self.handle_request = self.handle_async_request = handle_request
        self.close = self.aclose = close


class ClientCore(_Client):
    """What the sync and the async client have in common."""

    __test__ = False  # pytest must not collect it.
    http_library: HTTPLibrary = library
    exchange_class: type[HTTPExchange] = HTTPExchange
    """The class whose `receive` and `send` the application is called with."""
    disconnect_grace: float = 1.0
    """Seconds an application has to return after a disconnect, before it is cancelled."""
    raise_websocket_exceptions: bool | None = None
    """Whether what the application raises in a WebSocket is raised here; None as `raise_server_exceptions` says."""

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = DEFAULT_BASE_URL,
        *,
        raise_server_exceptions: bool = True,
        root_path: str = "",
        cookies: Any = None,
        headers: Any = None,
        follow_redirects: bool = True,
        client: tuple[str, int] | None = ("testclient", 50000),
        timeout: Any = DEFAULT_TIME_LIMIT,
        lifespan: LifespanPolicy = "auto",
        extensions: Iterable[str] = DEFAULT_EXTENSIONS,
        lint: bool = False,
    ) -> None:
        if not str(base_url).lower().startswith(("http://", "https://")):
            raise ValueError(f"base_url starts with http:// or https://, got {base_url!r}; write 'http://{base_url}'")
        self.settings: ClientSettings = ClientSettings(
            app, raise_server_exceptions, root_path, client, lifespan, extensions, lint
        )
        self._open: dict[Any, None] = {}  # The connections that are open, oldest first.
        merged_headers = self.http_library.Headers(headers)
        merged_headers.setdefault("user-agent", "testclient")
        init: Any = super().__init__
        init(
            base_url=base_url,
            headers=merged_headers,
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=Transport(self._handle_request, self._end_connections),
            timeout=timeout,
            trust_env=False,
        )

    @property
    def app(self) -> ASGIApp:
        """The application that is called."""
        return self.settings.app

    @property
    def app_state(self) -> dict[str, Any]:
        """What lifespan start-up stored; each connection gets a copy in `scope["state"]`."""
        return self.settings.state

    def closed_error(self, code: int, reason: str) -> Exception:
        """Make the exception for a WebSocket that the application closed."""
        return WebSocketClosed(code, reason)

    def rejected_error(self, response: DenialResponse) -> Exception:
        """Make the exception for a handshake that the application rejected with a response."""
        return WebSocketRejected(
            self.http_library.Response(response.status, headers=response.headers, content=response.body)
        )

    # --- what a client does in its own way -------------------------------------------------

    def _handle_request(self, request: httpx.Request) -> Any:
        raise NotImplementedError

    def _end_connections(self) -> Any:
        raise NotImplementedError

    # --- calls of the application ----------------------------------------------------------

    def _lifespan_run(self) -> LifespanRun:
        return LifespanRun(
            self.settings.checked_app,
            self.settings.lifespan_scope(),
            required=self.settings.lifespan == "on",
            time_limit=self.timeout.read,
        )

    def _http_exchange(self, request: httpx.Request, body: BodySource | None = None) -> HTTPExchange:
        return self.exchange_class(
            self.settings.checked_app,
            self.settings.http_scope(request),
            body or body_source(request.stream, self.http_library.ByteStream),
            time_limit=_time_limit_of(request),
            grace=self.disconnect_grace,
            raise_exceptions=self.settings.raise_server_exceptions,
        )

    def _handshake_response(self, request: httpx.Request) -> httpx.Response:
        """Carry the exchange of a WebSocket, which is not begun yet, back through the client library."""
        exchange = self.websocket_exchange(self.settings.websocket_scope(request), _time_limit_of(request))
        response: httpx.Response = self.http_library.Response(
            101, request=request, extensions={_EXCHANGE_KEY: exchange}
        )
        return response

    def websocket_exchange(self, scope: Scope, time_limit: float | None) -> WebSocketExchange:
        """Return a WebSocket of a scope, which is not begun yet."""
        raises = self.raise_websocket_exceptions
        return WebSocketExchange(
            self.settings.checked_app,
            scope,
            time_limit=time_limit,
            grace=self.disconnect_grace,
            raise_exceptions=self.settings.raise_server_exceptions if raises is None else raises,
            closed=self.closed_error,
            rejected=self.rejected_error,
        )

    def _handshake_arguments(
        self, url: str, subprotocols: Iterable[str] | None, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what `request` takes for a WebSocket handshake (RFC 6455 section 4.1); headers given win."""
        if isinstance(subprotocols, str):
            raise TypeError(f"subprotocols is the str {subprotocols!r}; pass a list of names")
        handshake = {"connection": "upgrade", "sec-websocket-key": "testserver==", "sec-websocket-version": "13"}
        if subprotocols is not None:
            handshake["sec-websocket-protocol"] = ", ".join(subprotocols)
        given = arguments.get("headers") or ()
        headers: list[tuple[str, str]] = [*(given.items() if isinstance(given, Mapping) else given)]
        present = {name.lower() for name, _ in headers}
        headers += [(name, value) for name, value in handshake.items() if name not in present]
        merged = str(self._merge_url(url))
        merged = f"ws{merged[4:]}" if merged.startswith("http") else merged
        return {**arguments, "method": "GET", "url": merged, "headers": headers}


def exchange_of(response: httpx.Response) -> WebSocketExchange:
    """Return the exchange that the response to a handshake carries."""
    exchange: WebSocketExchange = response.extensions[_EXCHANGE_KEY]
    return exchange


def _time_limit_of(request: httpx.Request) -> float | None:
    """Return a request's time-out for reading, which limits each wait for the application."""
    limits: Mapping[str, float | None] = request.extensions.get("timeout") or {}
    limit = limits.get("read")
    return None if limit is None or math.isinf(limit) else limit


def is_handshake(request: httpx.Request) -> bool:
    """Return whether the request is the handshake of a WebSocket."""
    return request.url.scheme in ("ws", "wss")


def make_response(http: HTTPLibrary, request: httpx.Request, exchange: HTTPExchange, stream: Any) -> httpx.Response:
    """Make the response of an exchange, its body still to come from `stream`; a 500 if it has not started."""
    if exchange.status is None:
        failed: httpx.Response = http.Response(500, request=request)
        return failed
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if exchange.trailers is not None:
        extensions["http.response.trailers"] = exchange.trailers
    if exchange.early_hints:
        extensions["http.response.early_hint"] = exchange.early_hints
    if exchange.pushes:
        extensions["http.response.push"] = exchange.pushes
    response: httpx.Response = http.Response(
        exchange.status, headers=exchange.headers, stream=stream, request=request, extensions=extensions
    )

    def attach(debug: dict[str, Any]) -> None:
        response.extensions["http.response.debug"] = debug
        for name in ("template", "context"):
            if name in debug:
                setattr(response, name, debug[name])

    exchange.on_debug = attach  # It may come later still.
    if exchange.debug is not None:
        attach(exchange.debug)
    return response


def on_library(http: HTTPLibrary, client: Any, behaviour: type, base: str) -> Any:
    """Return a client class built on another client library, or `client` itself for the usual one.

    Args:
        http: the client library.
        client: the class on the usual library.
        behaviour: what it has besides the library's own class.
        base: the name of that class.
    """
    if http is library:
        return client
    contents = {"http_library": http, "__doc__": client.__doc__}
    return type(client.__name__, (behaviour, getattr(http, base)), contents)
