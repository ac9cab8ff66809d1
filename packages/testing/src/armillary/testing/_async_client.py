"""The client for tests that are coroutines.

The application runs on the test's own event loop, in a task for each connection: it shares
locks, database connections and context variables with the test.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from armillary.asgi_types import ASGIApp

from ._async_transport import AsyncApplicationTransport
from ._async_websocket import AsyncWebSocketSession
from ._errors import WebSocketClosed, WebSocketRejected
from ._extensions import DEFAULT_EXTENSIONS
from ._handshake import SESSION_KEY, websocket_headers, websocket_url
from ._http_exchange import ClientHTTPExchange
from ._library import HTTPLibrary, library
from ._lifespan import LifespanRun
from ._request_body import AsyncIteratedBody, BodySource, FedBody, WholeBody
from ._response import default_headers, time_limit_of
from ._settings import DEFAULT_BASE_URL, DEFAULT_TIME_LIMIT, ClientSettings, LifespanPolicy
from ._stepped_request import SteppedRequest
from ._task import finish_or_hand_over
from ._websocket_exchange import ClientWebSocketExchange, DenialResponse

if TYPE_CHECKING:
    import httpx

    _Client = httpx.AsyncClient
else:
    _Client = object


class AsyncClientBehaviour(_Client):
    """The behaviour of `AsyncTestClient`, over the client library that its subclass names."""

    __test__ = False  # pytest must not collect it.
    http_library: HTTPLibrary = library
    disconnect_grace = 1.0
    """Seconds an application has to return after a disconnect, before it is cancelled."""

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
        self.settings = ClientSettings(
            app,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            client=client,
            lifespan=lifespan,
            extensions=extensions,
            lint=lint,
        )
        self._lifespan: LifespanRun | None = None
        self._entered = False
        self._application_transport = AsyncApplicationTransport(
            self.http_library, self._begin_exchange, self._begin_websocket
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

    # --- lifespan --------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._entered:
            raise RuntimeError("the client is already inside 'async with'; leave it first, or make another client")
        if self.settings.lifespan != "off":
            run = LifespanRun(
                self.settings.checked_app,
                self.settings.scopes.lifespan(),
                required=self.settings.lifespan == "on",
                time_limit=self.timeout.read,
            )
            try:
                await run.startup()
            except BaseException:
                await finish_or_hand_over(run.abort, run.abort)
                raise
            self._lifespan = run
        self._entered = True
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._entered = False
        run, self._lifespan = self._lifespan, None
        try:
            await self._application_transport.aclose()
            if run is not None:
                await run.shutdown()
        finally:
            if run is not None:
                self.app_state.clear()
                await finish_or_hand_over(run.abort, run.abort)

    async def aclose(self) -> None:
        """Close the client; responses that are still open are aborted."""
        await self._application_transport.aclose()
        await super().aclose()

    # --- connections -----------------------------------------------------------------------

    def _begin_exchange(self, request: httpx.Request, body: BodySource | None = None) -> ClientHTTPExchange:
        return ClientHTTPExchange(
            self.settings.checked_app,
            self.settings.scopes.http(request),
            body or self._body_source(request),
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            raise_server_exceptions=self.settings.raise_server_exceptions,
        )

    def _body_source(self, request: httpx.Request) -> BodySource:
        stream: Any = request.stream
        if isinstance(stream, self.http_library.ByteStream):
            return WholeBody(b"".join(stream))
        return AsyncIteratedBody(aiter(stream))

    def conversation(self, method: str, url: str, *, feed: bool = False, **kwargs: Any) -> SteppedRequest:
        """Prepare a request to be taken through the application step by step.

        Args:
            method, url: as for `request`.
            feed: whether the test sends the body part by part with `send_body`.
            **kwargs: as for `build_request`, such as `content`, `headers`, `timeout`.

        Returns:
            A `SteppedRequest`, to be used with `async with`.
        """
        request = self.build_request(method, url, **kwargs)
        fed = FedBody() if feed else None
        return SteppedRequest(self.http_library, request, self._begin_exchange(request, fed), fed)

    def _begin_websocket(self, request: httpx.Request) -> httpx.Response:
        exchange = ClientWebSocketExchange(
            self.settings.checked_app,
            self.settings.scopes.websocket(request),
            time_limit=time_limit_of(request),
            grace=self.disconnect_grace,
            rejected=self._rejected_error,
            closed=WebSocketClosed,
        )
        response: httpx.Response = self.http_library.Response(101, request=request, extensions={SESSION_KEY: exchange})
        return response

    def _rejected_error(self, response: DenialResponse) -> Exception:
        return WebSocketRejected(
            self.http_library.Response(response.status, headers=response.headers, content=response.body)
        )

    def websocket_connect(
        self, url: str, subprotocols: Iterable[str] | None = None, **kwargs: Any
    ) -> AsyncWebSocketSession:
        """Prepare a WebSocket session; entering it does the handshake.

        Args:
            url: relative to the base URL, or absolute with ws or wss.
            subprotocols: names offered to the application, best first.
            **kwargs: as for `get`, such as `params`, `headers`, `cookies`, `timeout`.

        Returns:
            A session, to be used with `async with`.
        """
        headers = websocket_headers(kwargs.pop("headers", None), subprotocols)
        merged = websocket_url(str(self._merge_url(url)))

        async def handshake() -> ClientWebSocketExchange:
            response = await self.request("GET", merged, headers=headers, **kwargs)
            exchange: ClientWebSocketExchange = response.extensions[SESSION_KEY]
            return exchange

        return AsyncWebSocketSession(handshake)


class AsyncTestClient(AsyncClientBehaviour, library.AsyncClient):
    """Calls an ASGI 3 application as if it were served, from a coroutine and on its event loop.

    It is an `httpx.AsyncClient` and takes the same requests; works on asyncio and trio. Inside
    `async with`, the application's lifespan runs.

    Args:
        app: any ASGI 3 application.
        base_url: what relative URLs are joined to; its host is the server's address.
        raise_server_exceptions: whether what the application raises is raised here, even after
            its response; with False the client sees the 500 response.
        root_path: the path the application is mounted at.
        cookies, headers, follow_redirects: as for `httpx.AsyncClient`.
        client: the address requests come from, or None for a server that does not know it.
        timeout: seconds each wait for the application may take, 10 by default; None waits
            forever. A request may have its own.
        lifespan: "auto" goes on without lifespan if the application raises before it
            receives lifespan.startup, as servers do; "on" raises that; "off" runs none.
        extensions: names of the ASGI extensions offered; by default debug, early hints,
            trailers and WebSocket denial responses.
        lint: whether the application is checked against the ASGI specification, raising
            `armillary.lint.LintError` if it breaks it.

    >>> import asyncio
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": scope["path"].encode()})
    >>> async def main():
    ...     async with AsyncTestClient(app) as client:
    ...         return (await client.get("/hello")).text
    >>> asyncio.run(main())
    '/hello'
    """


@cache
def async_client_class(http: HTTPLibrary) -> type[AsyncTestClient]:
    """Return `AsyncTestClient` built on another client library with httpx's classes, such as httpx2.

    >>> async_client_class(library) is AsyncTestClient
    True
    """
    if http is library:
        return AsyncTestClient
    contents = {"http_library": http, "__doc__": AsyncTestClient.__doc__}
    return type("AsyncTestClient", (AsyncClientBehaviour, http.AsyncClient), contents)
