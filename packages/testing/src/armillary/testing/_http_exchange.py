"""One HTTP request through an application, step by step, on the application's event loop.

The response is handed over part by part: `send` of a body part returns when the client has
taken that part, so a client that stops reading stops the application. The request body is
handed over when the application asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._call import ApplicationCall
from ._errors import PeerDisconnected
from ._request_body import BodySource
from ._sent_file import read_descriptor, read_path
from ._task import start_task

Header = tuple[bytes, bytes]


def _misuse(problem: str) -> NoReturn:
    raise AssertionError(problem)


class ClientHTTPExchange:
    """Steps through one request.

    Args:
        app: the application.
        scope: its scope.
        body: gives the request body.
        time_limit: seconds to wait for each step of the application; None waits forever.
        grace: seconds an application has to return after a disconnect, before it is cancelled.
        raise_server_exceptions: whether what the application raises is raised to the client.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        body: BodySource,
        *,
        time_limit: float | None,
        grace: float,
        raise_server_exceptions: bool = True,
    ) -> None:
        self.status: int | None = None
        self.headers: list[Header] = []
        self.trailers: list[Header] | None = None
        self.early_hints: list[bytes] = []
        self.pushes: list[str] = []
        self.debug: dict[str, Any] | None = None
        self.on_debug: Callable[[dict[str, Any]], None] | None = None
        self.disconnected = False
        self._call = ApplicationCall(app, scope)
        self._offered: Mapping[str, Any] = scope.get("extensions") or {}
        self._is_head = scope["method"] == "HEAD"
        self._body = body
        self._begun = False
        self._time_limit = time_limit
        self._grace = grace
        self._raise_server_exceptions = raise_server_exceptions
        self._request_complete = False
        self._receiving: anyio.CancelScope | None = None
        self._started = anyio.Event()
        self._ended = anyio.Event()  # The response is complete, or the client has disconnected.
        self._demand = anyio.Event()  # The client wants a part.
        self._supply = anyio.Event()  # A part is there, or none will come.
        self._part: bytes | None = None
        self._final_part_offered = False
        self._body_complete = False
        self._draining = False

    # --- the client's side -----------------------------------------------------------------

    async def begin(self) -> bool:
        """Start the application in a task of its own and wait for the start of the response.

        Returns:
            False if there is none because the application failed.
        """
        self.begin_soon()
        return await self.start()

    def begin_soon(self) -> None:
        """Start the application in a task of its own."""
        self._begun = True
        start_task(self._run)

    async def _run(self) -> None:
        try:
            await self._call.run(self._receive, self._send)
        finally:
            self._ended.set()
            self._started.set()
            self._supply.set()

    async def start(self) -> bool:
        """Wait for the start of the response; False if the application failed before it."""
        await self._call.progress.wait(self._started, "http.response.start", self._time_limit)
        if self.status is not None:
            return True
        if self._call.failure is None and not self.disconnected and self._raise_server_exceptions:
            _misuse("TestClient did not receive any response: the application sent no http.response.start")
        self._raise_failure()
        return False

    async def read(self) -> bytes | None:
        """Return the next part of the body that is not empty, or None after the last."""
        self._demand.set()
        if not self._body_complete:
            await self._call.progress.wait(self._supply, "http.response.body", self._time_limit)
        part, self._part = self._part, None
        if part is None:
            await self._end_reading()
            return None
        self._supply = anyio.Event()
        if self._call.done.is_set():
            self._supply.set()
        return part

    async def _end_reading(self) -> None:
        if self._body_complete and self.trailers is not None:
            await self._call.progress.wait(self._ended, "http.response.trailers", self._time_limit)
        if not self._is_complete():
            self._raise_failure()

    def disconnect(self) -> None:
        """Disconnect: `receive` gives http.disconnect, `send` raises `OSError`."""
        if self._ended.is_set():
            return
        self.disconnected = True
        self._ended.set()
        self._demand.set()
        if self._receiving is not None:
            self._receiving.cancel()

    async def close(self) -> None:
        """End the exchange; does nothing if it was not begun.

        After a complete response, waits for the application to return, background tasks
        included. During one, disconnects, and cancels an application that does not return.

        Raises:
            ApplicationTimeout: the application did not return within the time limit.
            BaseException: what the application raised.
        """
        if not self._begun:
            return
        if self._final_part_offered or self._body_complete:
            self._draining = True
            self._demand.set()
        if self._is_complete():
            await self._call.progress.wait(self._call.done, "end of the application", self._time_limit)
        else:
            self.disconnect()
            await self._call.end(self._grace)
        self._raise_failure()

    async def abort(self) -> None:
        """Disconnect, and cancel an application that does not return; what it raises is dropped."""
        if not self._begun:
            return
        self.disconnect()
        await self._call.end(self._grace)
        self._call.take_failure(disconnected=True)

    async def finished(self) -> None:
        """Wait for the application to return; raise what it raised."""
        await self._call.progress.wait(self._call.done, "end of the application", self._time_limit)
        self._raise_failure()

    @property
    def is_read(self) -> bool:
        """Whether the client has taken the whole body, and trailers if there are any."""
        return self._body_complete and self._part is None and self._ended.is_set()

    @property
    def has_returned_cleanly(self) -> bool:
        """Whether the application has returned and left nothing to raise."""
        return self._call.done.is_set() and self._call.failure is None

    def _is_complete(self) -> bool:
        if self.trailers is not None:
            return self._ended.is_set() and not self.disconnected
        return self._body_complete or self._final_part_offered

    def _raise_failure(self) -> None:
        failure = self._call.take_failure(disconnected=self.disconnected)
        if failure is not None and self._raise_server_exceptions:
            raise failure

    # --- the application's side ------------------------------------------------------------

    async def _receive(self) -> Message:
        if not self._request_complete and not self.disconnected:
            self._call.progress.step("receive() for a part of the request body")
            message = await self._receive_part()
            self._call.progress.step(None)
            if message is not None:
                return message
        self._call.progress.step("receive() for http.disconnect")
        await self._ended.wait()
        self._call.progress.step(None)
        return {"type": "http.disconnect"}

    async def _receive_part(self) -> Message | None:
        with anyio.CancelScope() as self._receiving:
            part, more = await self._body.next_part()
            self._request_complete = not more
            self._receiving = None
            return {"type": "http.request", "body": part, "more_body": more}
        self._receiving = None
        return None

    async def _send(self, message: Message) -> None:
        if self.disconnected:
            raise PeerDisconnected("the client has disconnected")
        kind = message["type"]
        if kind not in _SEND_HANDLERS:
            _misuse(f"an http scope cannot send {kind!r}")
        if self._ended.is_set():
            _misuse(f"{kind!r} was sent after response completed")
        self._call.progress.step(f"send() of {kind}")
        try:
            await _SEND_HANDLERS[kind](self, message)
        finally:
            self._call.progress.step(None)

    async def _send_start(self, message: Message) -> None:
        if self.status is not None:
            _misuse("'http.response.start' was sent twice")
        self.status = message["status"]
        self.headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        self.trailers = [] if message.get("trailers", False) else None
        self._started.set()

    async def _send_body(self, message: Message) -> None:
        await self._hand_over(bytes(message.get("body", b"")), more=message.get("more_body", False))

    async def _send_path(self, message: Message) -> None:
        self._require_offer("http.response.pathsend")
        await self._hand_over(await read_path(message["path"]), more=False)

    async def _send_descriptor(self, message: Message) -> None:
        self._require_offer("http.response.zerocopysend")
        part = await read_descriptor(message["file"], message.get("offset"), message.get("count"))
        await self._hand_over(part, more=message.get("more_body", False))

    async def _hand_over(self, part: bytes, *, more: bool) -> None:
        if self.status is None:
            _misuse("'http.response.body' was sent before 'http.response.start'")
        if self._body_complete:
            _misuse("'http.response.body' was sent after body completed")
        self._final_part_offered = not more and self.trailers is None
        await self._demand.wait()
        if self.disconnected:
            raise PeerDisconnected("the client has disconnected")
        if part and not self._is_head and not self._draining:
            self._demand = anyio.Event()
            self._part = part
            self._supply.set()
        if not more:
            self._end_body()

    def _end_body(self) -> None:
        self._body_complete = True
        self._supply.set()
        if self.trailers is None:
            self._ended.set()

    async def _send_trailers(self, message: Message) -> None:
        if self.trailers is None:
            _misuse("'http.response.trailers' was sent without declaring trailers in 'http.response.start'")
        if not self._body_complete:
            _misuse("'http.response.trailers' was sent before body completed")
        self.trailers.extend((bytes(name), bytes(value)) for name, value in message.get("headers", ()))
        if not message.get("more_trailers", False):
            self._ended.set()

    async def _send_early_hint(self, message: Message) -> None:
        self._require_offer("http.response.early_hint")
        links: Iterable[bytes] = message["links"]
        self.early_hints.extend(bytes(link) for link in links)

    async def _send_push(self, message: Message) -> None:
        self._require_offer("http.response.push")
        self.pushes.append(message["path"])

    async def _send_debug(self, message: Message) -> None:
        self.debug = dict(message["info"])
        if self.on_debug is not None:
            self.on_debug(self.debug)

    def _require_offer(self, name: str) -> None:
        if name not in self._offered:
            _misuse(f"{name!r} was sent, but scope['extensions'] does not offer it")


_SEND_HANDLERS = {
    "http.response.start": ClientHTTPExchange._send_start,  # pyright: ignore[reportPrivateUsage]
    "http.response.body": ClientHTTPExchange._send_body,  # pyright: ignore[reportPrivateUsage]
    "http.response.pathsend": ClientHTTPExchange._send_path,  # pyright: ignore[reportPrivateUsage]
    "http.response.zerocopysend": ClientHTTPExchange._send_descriptor,  # pyright: ignore[reportPrivateUsage]
    "http.response.trailers": ClientHTTPExchange._send_trailers,  # pyright: ignore[reportPrivateUsage]
    "http.response.early_hint": ClientHTTPExchange._send_early_hint,  # pyright: ignore[reportPrivateUsage]
    "http.response.push": ClientHTTPExchange._send_push,  # pyright: ignore[reportPrivateUsage]
    "http.response.debug": ClientHTTPExchange._send_debug,  # pyright: ignore[reportPrivateUsage]
}
