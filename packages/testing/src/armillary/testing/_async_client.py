"""The client for tests that are coroutines.

The application runs on the test's own event loop, in a task for each connection: it shares
locks, database connections and context variables with the test.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Set
from contextlib import AsyncExitStack
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._async_websocket import AsyncWebSocketSession
from ._bodies import FedBody
from ._call import finish_or_hand_over
from ._client_core import ClientCore, exchange_of, is_handshake, make_response, on_library
from ._connection import AsyncConnection
from ._http_exchange import HTTPExchange
from ._library import HTTPLibrary, library
from ._stepped_request import SteppedRequest
from ._websocket_exchange import WebSocketExchange

if TYPE_CHECKING:
    import httpx

    _Client = httpx.AsyncClient
    _Stream = httpx.AsyncByteStream
else:
    _Client = object
    _Stream = object


class _ResponseStream(_Stream):
    """The response body, taken from the application as it is read."""

    def __init__(self, connection: AsyncConnection, exchange: HTTPExchange) -> None:
        self._connection = connection
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection.is_open and not self._exchange.is_read:
            part = await self._exchange.read()
            if part is None:
                return
            yield part

    async def aclose(self) -> None:
        await self._connection.finish(self._exchange.end)


@cache
def _stream_class(http: HTTPLibrary) -> type[_ResponseStream]:
    """The response stream, as a class that `http` takes for one."""
    return type("ResponseStream", (_ResponseStream, http.AsyncByteStream), {})


class AsyncClient(ClientCore, _Client):
    """The behaviour of `AsyncTestClient`, over the client library that its subclass names."""

    _resources: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        if self._resources is not None:
            raise RuntimeError("the client is already inside 'async with'; leave it first, or make another client")
        async with AsyncExitStack() as resources:
            outside = frozenset(self._open)
            if self.settings.lifespan != "off":
                run = self._lifespan_run()
                resources.callback(self.app_state.clear)
                resources.push_async_callback(finish_or_hand_over, run.abort, run.abort)
                await run.startup()
                resources.push_async_callback(run.shutdown)
            resources.push_async_callback(self._end_connections, outside)
            self._resources = resources.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        resources, self._resources = self._resources, None
        if resources is not None:
            await resources.aclose()

    async def _end_connections(self, outside: Set[AsyncConnection] = frozenset()) -> None:
        """End every connection that is open, the newest first, but those outside of the lifespan."""
        async with AsyncExitStack() as endings:
            for connection in [*self._open]:
                if connection not in outside:
                    endings.push_async_callback(connection.finish, connection.exchange.leave)

    def _connect(self, exchange: Any) -> AsyncConnection:
        return AsyncConnection(exchange, self._open)

    async def _handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application for one request; return once it has started its response."""
        if is_handshake(request):
            return self._handshake_response(request)
        exchange = self._http_exchange(request)
        connection = self._connect(exchange)
        if not await connection.begin(exchange.start):
            await connection.finish(exchange.end)
        stream = _stream_class(self.http_library)(connection, exchange)
        return make_response(self.http_library, request, exchange, stream)

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
        return SteppedRequest(self.http_library, request, self._http_exchange(request, fed), fed, self._connect)

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
        arguments = self._handshake_arguments(url, subprotocols, kwargs)

        async def handshake() -> WebSocketExchange:
            return exchange_of(await self.request(**arguments))

        return AsyncWebSocketSession(handshake, self._connect)


class AsyncTestClient(AsyncClient, library.AsyncClient):
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
    made: type[AsyncTestClient] = on_library(http, AsyncTestClient, AsyncClient, "AsyncClient")
    return made
