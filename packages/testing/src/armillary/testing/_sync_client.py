"""The client for tests that are plain functions.

The application runs on an event loop in a thread of its own: one for the client's lifespan
inside `with`, otherwise one for each request.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio.from_thread
from anyio.from_thread import BlockingPortal

from armillary.asgi_types import ASGIApp

from ._errors import WebSocketClosed, WebSocketRejected
from ._extensions import DEFAULT_EXTENSIONS
from ._handshake import SESSION_KEY, websocket_headers, websocket_url
from ._http_exchange import ClientHTTPExchange
from ._library import HTTPLibrary, library
from ._lifespan import LifespanRun
from ._request_body import BodySource, IteratedBody, WholeBody
from ._response import default_headers, time_limit_of
from ._settings import DEFAULT_BASE_URL, DEFAULT_TIME_LIMIT, BackendName, ClientSettings, LifespanPolicy
from ._sync_transport import ApplicationTransport
from ._sync_websocket import WebSocketTestSession
from ._websocket_exchange import DenialResponse

if TYPE_CHECKING:
    import httpx

    _Client = httpx.Client
else:
    _Client = object


class SyncClient(_Client):
    """The behaviour of `TestClient`, over the client library that its subclass names."""

    __test__ = False  # pytest must not collect it.
    http_library: HTTPLibrary = library
    disconnect_grace = 1.0
    """Seconds an application has to return after a disconnect, before it is cancelled."""

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
        self.settings = ClientSettings(
            app,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            client=client,
            lifespan=lifespan,
            extensions=extensions,
            lint=lint,
        )
        self.portal: BlockingPortal | None = None
        self.backend = backend
        self.backend_options = backend_options or {}
        self._resources = contextlib.ExitStack()
        self._application_transport = ApplicationTransport(
            self.http_library, self.event_loop, self._begin_exchange, self._begin_websocket
        )
        transport: Any = self._application_transport
        super().__init__(
            base_url=base_url,
            headers=default_headers(self.http_library, headers),
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=transport,
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

    # --- event loops -----------------------------------------------------------------------

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
            self.portal = resources.enter_context(
                anyio.from_thread.start_blocking_portal(self.backend, self.backend_options)
            )
            resources.callback(setattr, self, "portal", None)
            resources.callback(self.app_state.clear)
            if self.settings.lifespan != "off":
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
    def _lifespan(self, portal: BlockingPortal) -> Generator[None]:
        run = LifespanRun(
            self.settings.checked_app,
            self.settings.scopes.lifespan(),
            required=self.settings.lifespan == "on",
            time_limit=self.timeout.read,
        )
        try:
            portal.call(run.startup)
            yield
            portal.call(run.shutdown)
        finally:
            portal.call(run.abort)

    def close(self) -> None:
        """Close the client; responses that are still open are aborted."""
        self._application_transport.close()
        super().close()

    # --- connections -----------------------------------------------------------------------

    def _begin_exchange(self, request: httpx.Request) -> ClientHTTPExchange:
        return ClientHTTPExchange(
            self.settings.checked_app,
            self.settings.scopes.http(request),
            self._body_source(request),
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            raise_server_exceptions=self.settings.raise_server_exceptions,
        )

    def _body_source(self, request: httpx.Request) -> BodySource:
        stream: Any = request.stream
        if isinstance(stream, self.http_library.ByteStream):
            return WholeBody(b"".join(stream))
        return IteratedBody(iter(stream))

    def _begin_websocket(self, request: httpx.Request) -> httpx.Response:
        session = WebSocketTestSession(
            self.settings.checked_app,
            self.settings.scopes.websocket(request),
            self.event_loop,
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            closed=self.closed_error,
            rejected=self.rejected_error,
        )
        response: httpx.Response = self.http_library.Response(101, request=request, extensions={SESSION_KEY: session})
        return response

    def closed_error(self, code: int, reason: str) -> Exception:
        """Make the exception for a WebSocket that the application closed."""
        return WebSocketClosed(code, reason)

    def rejected_error(self, response: DenialResponse) -> Exception:
        """Make the exception for a handshake that the application rejected with a response."""
        return WebSocketRejected(
            self.http_library.Response(response.status, headers=response.headers, content=response.body)
        )

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
        headers = websocket_headers(kwargs.pop("headers", None), subprotocols)
        merged = websocket_url(str(self._merge_url(url)))
        response = self.request("GET", merged, headers=headers, **kwargs)
        session: WebSocketTestSession = response.extensions[SESSION_KEY]
        return session


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
    if http is library:
        return TestClient
    return type("TestClient", (SyncClient, http.Client), {"http_library": http, "__doc__": TestClient.__doc__})
