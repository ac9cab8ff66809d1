"""Responses of an application, for a client library that is not async."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from anyio.from_thread import BlockingPortal

from ._http_exchange import ClientHTTPExchange
from ._library import HTTPLibrary
from ._response import make_response

if TYPE_CHECKING:
    import httpx

    _Stream = httpx.SyncByteStream
else:
    _Stream = object

EventLoop = Callable[[], AbstractContextManager[BlockingPortal]]
"""Gives the event loop that a connection runs on."""


class _ResponseStream(_Stream):
    """The response body, taken from the application as it is read."""

    def __init__(self, exchange: ClientHTTPExchange, portal: BlockingPortal, resources: contextlib.ExitStack) -> None:
        self._exchange = exchange
        self._portal = portal
        self._resources = resources
        self._closed = False

    def begin(self) -> bool:
        """Start the application; return whether it started a response."""
        return self._portal.call(self._exchange.begin)

    def __iter__(self) -> Iterator[bytes]:
        while not self._closed and not self._exchange.is_read:
            part = self._portal.call(self._exchange.read)
            if part is None:
                return
            yield part

    def close(self) -> None:
        self._end(self._exchange.close)

    def abort(self) -> None:
        self._end(self._exchange.abort)

    def _end(self, ending: Callable[[], Any]) -> None:
        if self._closed:
            return
        self._closed = True
        with self._resources:
            if not self._exchange.has_returned_cleanly:
                self._portal.call(ending)


@cache
def _stream_class(http: HTTPLibrary) -> type[_ResponseStream]:
    """The response stream, as a class that `http` takes for one."""
    return type("ResponseStream", (_ResponseStream, http.SyncByteStream), {})


class ApplicationTransport:
    """Handles a client library's requests by calling an application.

    Args:
        http: the client library.
        event_loop: gives the event loop of a request.
        begin: makes the exchange for a request.
        begin_websocket: handles the handshake of a WebSocket.
    """

    def __init__(
        self,
        http: HTTPLibrary,
        event_loop: EventLoop,
        begin: Callable[[httpx.Request], ClientHTTPExchange],
        begin_websocket: Callable[[httpx.Request], httpx.Response],
    ) -> None:
        self._http = http
        self._event_loop = event_loop
        self._begin = begin
        self._begin_websocket = begin_websocket
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
        """Call the application for one request; return once it has started its response."""
        if request.url.scheme in ("ws", "wss"):
            return self._begin_websocket(request)
        exchange = self._begin(request)
        stream = self._open_stream(exchange)
        try:
            has_started = stream.begin()
        except BaseException:
            stream.abort()
            raise
        if not has_started:
            stream.close()
            failed: httpx.Response = self._http.Response(500, request=request)
            return failed
        return make_response(self._http, request, exchange, stream)

    def _open_stream(self, exchange: ClientHTTPExchange) -> _ResponseStream:
        resources = contextlib.ExitStack()
        portal = resources.enter_context(self._event_loop())
        stream = _stream_class(self._http)(exchange, portal, resources)
        self._open.add(stream)
        resources.callback(self._open.discard, stream)
        return stream
