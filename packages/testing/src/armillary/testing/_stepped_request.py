"""A request that a test takes through the application step by step."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._bodies import FedBody
from ._client_core import make_response
from ._connection import AsyncConnection
from ._http_exchange import HTTPExchange
from ._library import HTTPLibrary

if TYPE_CHECKING:
    import httpx


class SteppedRequest:
    """One request, with a disconnect possible between any two steps.

    Entering it calls the application, which runs until it waits for the client. Leaving it
    disconnects from an unfinished response and raises what the application raised.

    Args:
        http: the client library.
        request: the request.
        exchange: its exchange.
        fed: the body, if the test sends it part by part.
        connect: opens the exchange.
    """

    def __init__(
        self,
        http: HTTPLibrary,
        request: httpx.Request,
        exchange: HTTPExchange,
        fed: FedBody | None,
        connect: Callable[[HTTPExchange], AsyncConnection],
    ) -> None:
        self.request = request
        self._http = http
        self._exchange = exchange
        self._fed = fed
        self._connect = connect
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        self._connection = self._connect(self._exchange)
        self._exchange.begin()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.finish(self._exchange.end)

    async def send_body(self, part: bytes, *, more: bool = True) -> None:
        """Send a part of the request body.

        Args:
            part: its bytes, which may be empty.
            more: False for the last part.

        Raises:
            RuntimeError: the request was not made with `feed=True`, or the body is complete.
        """
        if self._fed is None:
            raise RuntimeError("the request body was passed whole; call conversation() with feed=True")
        self._fed.feed(part, more=more)

    async def start(self) -> httpx.Response:
        """Wait for the start of the response; the result has status and headers, and no body."""
        await self._exchange.start()
        return make_response(self._http, self.request, self._exchange, self._http.ByteStream(b""))

    async def read(self) -> bytes | None:
        """Return the next part of the response body that is not empty, or None after the last."""
        return await self._exchange.read()

    async def disconnect(self) -> None:
        """Disconnect: the application's `receive` gives http.disconnect, its `send` raises `OSError`."""
        self._exchange.disconnect()

    async def finished(self) -> None:
        """Wait for the application to return.

        Raises:
            ApplicationTimeout: it did not return within the time limit.
            BaseException: what it raised, unless that only follows from a disconnect.
        """
        await self._exchange.finished()

    @property
    def early_hints(self) -> list[bytes]:
        """The links hinted so far."""
        return self._exchange.early_hints

    @property
    def debug(self) -> dict[str, Any] | None:
        """The debug information, or None as long as there is none."""
        return self._exchange.debug
