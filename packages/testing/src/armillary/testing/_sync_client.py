"""The client for tests that are plain functions.

The application runs on an event loop in a thread of its own: one for the client's lifespan
inside `with`, otherwise one for each request.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Set
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio.from_thread
from anyio.from_thread import BlockingPortal

from armillary.asgi_types import ASGIApp

from ._client_core import ClientCore, exchange_of, is_handshake, make_response, on_library
from ._connection import Connection
from ._http_exchange import HTTPExchange
from ._library import HTTPLibrary, library
from ._lifespan import LifespanRun
from ._settings import DEFAULT_BASE_URL, DEFAULT_EXTENSIONS, DEFAULT_TIME_LIMIT, BackendName, LifespanPolicy
from ._sync_websocket import WebSocketTestSession
from ._websocket_exchange import WebSocketExchange

if TYPE_CHECKING:
    import httpx

    _Client = httpx.Client
    _Stream = httpx.SyncByteStream
else:
    _Client = object
    _Stream = object


class _ResponseStream(_Stream):
    """The response body, taken from the application as it is read."""

    def __init__(self, connection: Connection, exchange: HTTPExchange) -> None:
        self._connection = connection
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        while self._connection.is_open and not self._exchange.is_read:
            part = self._connection.call(self._exchange.read)
            if part is None:
                return
            yield part

    def close(self) -> None:
        self._connection.finish(self._exchange.end)


@cache
def _stream_class(http: HTTPLibrary) -> type[_ResponseStream]:
    """The response stream, as a class that `http` takes for one."""
    return type("ResponseStream", (_ResponseStream, http.SyncByteStream), {})


class SyncClient(ClientCore, _Client):
    """The behaviour of `TestClient`, over the client library that its subclass names."""

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = DEFAULT_BASE_URL,
        raise_server_exceptions: bool = True,
        root_path: str = "",
        backend: BackendName = "asyncio",
        backend_options: dict[str, Any] | None = None,
        cookies: Any = None,
        headers: Any = None,
        follow_redirects: bool = True,
        client: tuple[str, int] | None = ("testclient", 50000),
        *,
        timeout: Any = DEFAULT_TIME_LIMIT,
        lifespan: LifespanPolicy = "auto",
        extensions: Iterable[str] = DEFAULT_EXTENSIONS,
        lint: bool = False,
    ) -> None:
        if backend not in ("asyncio", "trio"):
            raise ValueError(f"backend is {backend!r}; pass 'asyncio' or 'trio'")
        self.portal: BlockingPortal | None = None
        self.backend = backend
        self.backend_options: dict[str, Any] = backend_options or {}
        self._resources = contextlib.ExitStack()
        super().__init__(
            app,
            base_url,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            cookies=cookies,
            headers=headers,
            follow_redirects=follow_redirects,
            client=client,
            timeout=timeout,
            lifespan=lifespan,
            extensions=extensions,
            lint=lint,
        )

    @contextlib.contextmanager
    def event_loop(self) -> Generator[BlockingPortal]:
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
            outside = frozenset(self._open)
            portal = self.portal = resources.enter_context(self.event_loop())
            resources.callback(setattr, self, "portal", None)
            resources.callback(self.app_state.clear)
            if self.settings.lifespan != "off":
                self.enter_lifespan(portal, self._lifespan_run(), resources)
            resources.callback(self._end_connections, outside)
            self._resources = resources.pop_all()
        return self

    def enter_lifespan(self, portal: BlockingPortal, run: LifespanRun, resources: contextlib.ExitStack) -> None:
        """Start the application, and have `resources` shut it down; override to do more around it."""
        resources.callback(portal.call, run.abort)
        portal.call(run.startup)
        resources.callback(portal.call, run.shutdown)

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._resources.close()

    def _end_connections(self, outside: Set[Connection] = frozenset()) -> None:
        """End every connection that is open, the newest first, but those outside of the lifespan."""
        with contextlib.ExitStack() as endings:
            for connection in [*self._open]:
                if connection not in outside:
                    endings.callback(connection.finish, connection.exchange.leave)

    def connect(self, exchange: Any) -> Connection:
        """Give an exchange its event loop."""
        return Connection(exchange, self.event_loop, self._open)

    def _handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application for one request; return once it has started its response."""
        if is_handshake(request):
            return self._handshake_response(request)
        exchange = self._http_exchange(request)
        connection = self.connect(exchange)
        if not connection.begin(exchange.start):
            connection.finish(exchange.end)
        stream = _stream_class(self.http_library)(connection, exchange)
        return make_response(self.http_library, request, exchange, stream)

    def websocket_connect(
        self, url: str, subprotocols: Iterable[str] | None = None, **kwargs: Any
    ) -> WebSocketTestSession:
        """Prepare a WebSocket session; entering it does the handshake.

        Args:
            url: relative to the base URL, or absolute with ws or wss.
            subprotocols: names offered to the application, best first.
            **kwargs: as for `get`, such as `params`, `headers`, `cookies`, `timeout`.

        Returns:
            A session, to be used with `with`.
        """
        response = self.request(**self._handshake_arguments(url, subprotocols, kwargs))
        return self.make_session(exchange_of(response))

    def make_session(self, exchange: WebSocketExchange) -> WebSocketTestSession:
        """Return the session of a WebSocket that is not begun yet."""
        return WebSocketTestSession(exchange, self.connect)


class TestClient(SyncClient, library.Client):
    """Calls an ASGI 3 application as if it were served, from a plain function.

    It is an `httpx.Client` and takes the same requests. Inside `with`, the application's
    lifespan runs and all requests share its event loop.

    Args:
        app: any ASGI 3 application.
        base_url: what relative URLs are joined to; its host is the server's address.
        raise_server_exceptions: whether what the application raises is raised here, even after
            its response; with False the client sees the 500 response.
        root_path: the path the application is mounted at.
        backend: "asyncio" or "trio".
        backend_options: options of the event loop, as for `anyio.run`, such as
            `{"use_uvloop": True}`.
        cookies, headers, follow_redirects: as for `httpx.Client`.
        client: the address requests come from, or None for a server that does not know it.
        timeout: seconds each wait for the application may take, 10 by default; None waits
            forever. A request may have its own.
        lifespan: "auto" goes on without lifespan if the application raises before it
            receives lifespan.startup, as servers do; "on" raises that; "off" runs none.
        extensions: names of the ASGI extensions offered; by default debug, early hints,
            trailers and WebSocket denial responses.
        lint: whether the application is checked against the ASGI specification, raising
            `armillary.lint.LintError` if it breaks it.

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
    made: type[TestClient] = on_library(http, TestClient, SyncClient, "Client")
    return made
