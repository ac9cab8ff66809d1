"""Responses of an application, for a client library that is async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ._http_exchange import ClientHTTPExchange
from ._library import HTTPLibrary
from ._response import make_response
from ._task import finish_or_hand_over, start_task

if TYPE_CHECKING:
    import httpx

    _Stream = httpx.AsyncByteStream
else:
    _Stream = object


class _ResponseStream(_Stream):
    """The response body, taken from the application as it is read."""

    def __init__(self, exchange: ClientHTTPExchange, discard: Callable[[_ResponseStream], None]) -> None:
        self._exchange = exchange
        self._discard = discard
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._closed and not self._exchange.is_read:
            part = await self._exchange.read()
            if part is None:
                return
            yield part

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._discard(self)
            await finish_or_hand_over(self._exchange.close, self._exchange.abort)

    async def abort(self) -> None:
        self._closed = True
        await finish_or_hand_over(self._exchange.abort, self._exchange.abort)


@cache
def _stream_class(http: HTTPLibrary) -> type[_ResponseStream]:
    """The response stream, as a class that `http` takes for one."""
    return type("ResponseStream", (_ResponseStream, http.AsyncByteStream), {})


class AsyncApplicationTransport:
    """Handles a client library's requests by calling an application on the caller's event loop.

    Args:
        http: the client library.
        begin: makes the exchange for a request.
        begin_websocket: handles the handshake of a WebSocket.
    """

    def __init__(
        self,
        http: HTTPLibrary,
        begin: Callable[[httpx.Request], ClientHTTPExchange],
        begin_websocket: Callable[[httpx.Request], httpx.Response],
    ) -> None:
        self._http = http
        self._begin = begin
        self._begin_websocket = begin_websocket
        self._open: set[_ResponseStream] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Abort every response that was not closed."""
        try:
            while self._open:
                await self._open.pop().abort()
        finally:
            while self._open:  # The caller is cancelled.
                start_task(self._open.pop().abort)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application for one request; return once it has started its response."""
        if request.url.scheme in ("ws", "wss"):
            return self._begin_websocket(request)
        exchange = self._begin(request)
        stream = _stream_class(self._http)(exchange, self._open.discard)
        self._open.add(stream)
        try:
            has_started = await exchange.begin()
        except BaseException:
            exchange.disconnect()
            self._open.discard(stream)
            await finish_or_hand_over(exchange.abort, exchange.abort)
            raise
        if not has_started:
            await stream.aclose()
            failed: httpx.Response = self._http.Response(500, request=request)
            return failed
        return make_response(self._http, request, exchange, stream)
