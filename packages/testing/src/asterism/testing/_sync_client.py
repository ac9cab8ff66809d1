"""The client for tests that are plain functions.

The application runs on an event loop in a thread of its own: one for the client's lifespan
inside `with`, otherwise one for each request.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio.from_thread
from anyio.from_thread import BlockingPortal

from asterism.asgi_types import ASGIApp, Message, Scope

from ._errors import WebSocketClosed, WebSocketDenied
from ._extensions import DEFAULT_EXTENSIONS, checked_extensions
from ._http_exchange import HTTPExchange
from ._library import HTTPLibrary, library
from ._lifespan import LifespanRun
from ._request_body import BodySource, IteratedBody, WholeBody
from ._scope import ScopeFactory
from ._sync_websocket import SESSION_KEY, WebSocketTestSession
from ._websocket_exchange import Denial

if TYPE_CHECKING:
    import httpx

    _Client = httpx.Client
    _Stream = httpx.SyncByteStream
else:
    _Client = object
    _Stream = object

DEFAULT_TIME_LIMIT = 10.0
LifespanPolicy = Literal["auto", "on", "off"]


class _ResponseStream(_Stream):
    """The response body, taken from the application as it is read."""

    def __init__(self, exchange: HTTPExchange, portal: BlockingPortal, resources: contextlib.ExitStack) -> None:
        self._exchange = exchange
        self._portal = portal
        self._resources = resources
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        while not self._closed:
            part = self._portal.call(self._exchange.read)
            if part is None:
                return
            yield part

    def close(self) -> None:
        self._end(abort=False)

    def abort(self) -> None:
        self._end(abort=True)

    def _end(self, *, abort: bool) -> None:
        if self._closed:
            return
        self._closed = True
        with self._resources:
            self._portal.call(self._exchange.abort if abort else self._exchange.close)


@cache
def stream_class(http: HTTPLibrary) -> type[_ResponseStream]:
    """Return the response stream as a class that `http` accepts for one."""
    return type("ResponseStream", (_ResponseStream, http.SyncByteStream), {})


class ApplicationTransport:
    """Answers a client library's requests by calling an application.

    Args:
        client: the client whose settings and event loop are used.
    """

    def __init__(self, client: SyncClient) -> None:
        self._client = client
        self._open: set[_ResponseStream] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Abort every response that was not closed."""
        while self._open:
            self._open.pop().abort()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application for one request."""
        if request.url.scheme in ("ws", "wss"):
            return self._client.begin_websocket(request)
        resources = contextlib.ExitStack()
        portal = resources.enter_context(self._client.event_loop())
        exchange = self._client.begin_exchange(request)
        stream = stream_class(self._client.http_library)(exchange, portal, resources)
        self._open.add(stream)
        resources.callback(self._open.discard, stream)
        try:
            portal.start_task_soon(exchange.run)
            has_started = portal.call(exchange.start)
        except BaseException:
            stream.abort()
            raise
        if not has_started:
            stream.close()
            return self._client.http_library.Response(500, request=request)
        return self._response(request, exchange, stream)

    def _response(self, request: httpx.Request, exchange: HTTPExchange, stream: _ResponseStream) -> httpx.Response:
        extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
        if exchange.trailers is not None:
            extensions["http.response.trailers"] = exchange.trailers
        if exchange.early_hints:
            extensions["http.response.early_hint"] = exchange.early_hints
        if exchange.pushes:
            extensions["http.response.push"] = exchange.pushes
        response: httpx.Response = self._client.http_library.Response(
            exchange.status, headers=exchange.headers, stream=stream, request=request, extensions=extensions
        )
        attach_debug_info(response, exchange)
        return response


def attach_debug_info(response: httpx.Response, exchange: HTTPExchange) -> None:
    """Put debug information on the response, whether it came before the start or comes later."""

    def attach(info: dict[str, Any]) -> None:
        response.extensions["http.response.debug"] = info
        for name in ("template", "context"):
            if name in info:
                setattr(response, name, info[name])

    exchange.on_debug = attach
    if exchange.debug is not None:
        attach(exchange.debug)


def time_limit_of(request: httpx.Request) -> float | None:
    """Return the time-out for reading of a request, which limits each wait for the application."""
    limits: Mapping[str, float | None] = request.extensions.get("timeout") or {}
    limit = limits.get("read")
    return None if limit is None or math.isinf(limit) else limit


class SyncClient(_Client):
    """The behaviour of `TestClient`, over whichever client library its subclass names."""

    __test__ = False  # Tells pytest that this is no test class.
    http_library: HTTPLibrary = library
    disconnect_grace = 1.0
    """Seconds an application has to return after a disconnect, before it is cancelled."""

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        root_path: str = "",
        backend: Literal["asyncio", "trio"] = "asyncio",
        backend_options: dict[str, Any] | None = None,
        cookies: Any = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] | None = ("testclient", 50000),
        *,
        timeout: Any = DEFAULT_TIME_LIMIT,
        lifespan: LifespanPolicy = "auto",
        extensions: Iterable[str] = DEFAULT_EXTENSIONS,
    ) -> None:
        if not callable(app):
            raise TypeError(f"TestClient takes an ASGI application as 'app', got {app!r}; pass a callable")
        if backend not in ("asyncio", "trio"):
            raise ValueError(f"backend is {backend!r}; pass 'asyncio' or 'trio'")
        if lifespan not in ("auto", "on", "off"):
            raise ValueError(f"lifespan is {lifespan!r}; pass 'auto', 'on' or 'off'")
        self.app = app
        self.app_state: dict[str, Any] = {}
        self.portal: BlockingPortal | None = None
        self.raise_server_exceptions = raise_server_exceptions
        self.backend = backend
        self.backend_options = backend_options or {}
        self.lifespan_policy: LifespanPolicy = lifespan
        self.scopes = ScopeFactory(
            root_path=root_path, client=client, state=self.app_state, extensions=checked_extensions(extensions)
        )
        self._resources = contextlib.ExitStack()
        self._application_transport = ApplicationTransport(self)
        transport: Any = self._application_transport
        super().__init__(
            base_url=base_url,
            headers={"user-agent": "testclient", **(headers or {})},
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=transport,
            timeout=timeout,
            trust_env=False,
        )

    # --- event loops -----------------------------------------------------------------------

    @contextlib.contextmanager
    def event_loop(self) -> Iterator[BlockingPortal]:
        """Give the lifespan's event loop, or one of its own to a request outside a lifespan."""
        if self.portal is not None:
            yield self.portal
            return
        with anyio.from_thread.start_blocking_portal(self.backend, self.backend_options) as portal:
            yield portal

    def __enter__(self) -> Self:
        if self.portal is not None:
            raise RuntimeError("the client is already inside 'with'; leave it first, or make another client")
        with contextlib.ExitStack() as resources:
            self.portal = resources.enter_context(
                anyio.from_thread.start_blocking_portal(self.backend, self.backend_options)
            )
            resources.callback(setattr, self, "portal", None)
            if self.lifespan_policy != "off":
                resources.enter_context(self._lifespan(self.portal))
            resources.callback(self._application_transport.close)
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._resources.close()

    @contextlib.contextmanager
    def _lifespan(self, portal: BlockingPortal) -> Iterator[None]:
        run = LifespanRun(
            self.app,
            self.scopes.lifespan(),
            required=self.lifespan_policy == "on",
            time_limit=self.timeout.read,
        )
        finished: Future[None] = portal.start_task_soon(run.run)
        try:
            portal.call(run.startup)
            yield
            portal.call(run.shutdown)
        finally:
            portal.call(run.cancel)
            finished.result()

    def close(self) -> None:
        """Close the client; responses that are still open are aborted."""
        self._application_transport.close()
        super().close()

    # --- connections -----------------------------------------------------------------------

    def begin_exchange(self, request: httpx.Request) -> HTTPExchange:
        """Make the exchange for a request."""
        return HTTPExchange(
            self.app,
            self.scopes.http(request),
            self._body_source(request),
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            raise_server_exceptions=self.raise_server_exceptions,
        )

    def _body_source(self, request: httpx.Request) -> BodySource:
        stream: Any = request.stream
        if isinstance(stream, self.http_library.ByteStream):
            return WholeBody(b"".join(stream))
        return IteratedBody(iter(stream))

    def begin_websocket(self, request: httpx.Request) -> httpx.Response:
        """Make the session for a handshake; it reaches the caller in the response's extensions."""
        session = self.make_session(request)
        return self.http_library.Response(101, request=request, extensions={SESSION_KEY: session})  # type: ignore[no-any-return]

    def make_session(self, request: httpx.Request) -> WebSocketTestSession:
        """Make the session for a handshake."""
        return WebSocketTestSession(
            self.app,
            self.scopes.websocket(request),
            self.event_loop,
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            closed=self.closed_error,
            denied=self.denied_error,
        )

    def closed_error(self, code: int, reason: str) -> Exception:
        """Make the exception for a WebSocket that the application closed."""
        return WebSocketClosed(code, reason)

    def denied_error(self, denial: Denial) -> Exception:
        """Make the exception for a handshake that the application denied with a response."""
        return WebSocketDenied(self.http_library.Response(denial.status, headers=denial.headers, content=denial.body))

    def websocket_connect(self, url: str, subprotocols: Iterable[str] | None = None, **kwargs: Any) -> Any:
        """Prepare a WebSocket session; entering it does the handshake.

        Args:
            url: relative to the base URL, or absolute with ws or wss.
            subprotocols: names offered to the application, best first.
            **kwargs: as for `get`, such as `params`, `headers`, `cookies`, `timeout`.

        Returns:
            A `WebSocketTestSession`, to be used with `with`.
        """
        headers = websocket_headers(kwargs.pop("headers", None), subprotocols)
        merged = websocket_url(str(self._merge_url(url)))
        response = self.request("GET", merged, headers=headers, **kwargs)
        return response.extensions[SESSION_KEY]


def websocket_url(url: str) -> str:
    """Turn http into ws and https into wss.

    >>> websocket_url("https://example.org/chat")
    'wss://example.org/chat'
    """
    return f"ws{url[4:]}" if url.startswith("http") else url


def websocket_headers(headers: Any, subprotocols: Iterable[str] | None) -> list[tuple[str, str]]:
    """Add the headers of a handshake (RFC 6455 section 4.1) to those given."""
    given: list[tuple[str, str]] = [*(headers.items() if isinstance(headers, Mapping) else headers or ())]
    present = {name.lower() for name, _ in given}
    handshake = {
        "connection": "upgrade",
        "sec-websocket-key": "testserver==",
        "sec-websocket-version": "13",
    }
    if subprotocols is not None:
        handshake["sec-websocket-protocol"] = ", ".join(subprotocols)
    return [*given, *((name, value) for name, value in handshake.items() if name not in present)]


_Base: Any = library.Client


class TestClient(SyncClient, _Base):
    """Calls an ASGI 3 application as if it were served, from a plain function.

    It is an `httpx.Client` and takes the same requests. Inside `with`, the application's
    lifespan runs and all requests share its event loop.

    Args:
        app: any ASGI 3 application.
        base_url: what relative URLs are joined to; its host is the server's address.
        raise_server_exceptions: whether what the application raises is raised here, also after
            it has answered; with False the client sees the 500 response.
        root_path: the path the application is mounted at.
        backend: "asyncio" or "trio".
        backend_options: options of the event loop, as for `anyio.run`, such as
            `{"use_uvloop": True}`.
        cookies, headers, follow_redirects: as for `httpx.Client`.
        client: the address requests come from, or None for a server that does not know it.
        timeout: seconds each wait for the application may take, 10 by default; None waits for
            ever. A request may have its own.
        lifespan: "auto" goes on without lifespan where the application raises before it
            receives lifespan.startup, as servers do; "on" raises that; "off" runs none.
        extensions: names of the ASGI extensions offered; by default debug, early hints,
            trailers and WebSocket denial responses.

    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": scope["path"].encode()})
    >>> TestClient(app).get("/hello").text
    '/hello'
    """


@cache
def client_class(http: HTTPLibrary) -> type[TestClient]:
    """Return `TestClient` built on another client library with httpx's classes, such as httpx2.

    >>> client_class(library) is TestClient
    True
    """
    if http is library:
        return TestClient
    return type("TestClient", (SyncClient, http.Client), {"http_library": http, "__doc__": TestClient.__doc__})


__all__ = ["Message", "Scope", "SyncClient", "TestClient", "client_class"]
