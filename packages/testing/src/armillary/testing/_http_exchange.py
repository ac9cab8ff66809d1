"""One HTTP request through an application, step by step, on the application's event loop.

The response is handed over part by part: `send` of a body part returns when the client has
taken that part, so a client that stops reading stops the application. The request body is
handed over when the application asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._bodies import BodySource, read_descriptor, read_path
from ._call import ApplicationCall
from ._errors import Header, PeerDisconnected

_SEND_METHODS = {
    "http.response.start": "_send_start",
    "http.response.body": "_send_body",
    "http.response.pathsend": "_send_path",
    "http.response.zerocopysend": "_send_descriptor",
    "http.response.trailers": "_send_trailers",
    "http.response.early_hint": "_send_early_hint",
    "http.response.push": "_send_push",
    "http.response.debug": "_send_debug",
}
_SENT_IF_OFFERED = {f"http.response.{name}" for name in ("early_hint", "pathsend", "push", "zerocopysend")}


class HTTPExchange(ApplicationCall):
    """Steps through one request.

    Args:
        app, scope, time_limit, grace, raise_exceptions: as for `ApplicationCall`.
        body: gives the request body.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        body: BodySource,
        *,
        time_limit: float | None,
        grace: float,
        raise_exceptions: bool,
    ) -> None:
        super().__init__(app, scope, time_limit=time_limit, grace=grace, raise_exceptions=raise_exceptions)
        self.status: int | None = None
        self.headers: list[Header] = []
        self.trailers: list[Header] | None = None
        self.early_hints: list[bytes] = []
        self.pushes: list[str] = []
        self.debug: dict[str, Any] | None = None
        self.on_debug: Callable[[dict[str, Any]], None] | None = None
        # The very mapping: an application under test may add what its server offers.
        self._offered: Mapping[str, object] = scope.get("extensions") or {}
        self._is_head = scope["method"] == "HEAD"
        self._body = body
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

    async def start(self) -> bool:
        """Begin if need be, and wait for the start of the response; False if the application failed first."""
        self.begin()
        await self.wait(self._started, "http.response.start")
        if self.status is not None:
            return True
        if self.failure is None and not self.disconnected and self._raise_exceptions:
            raise AssertionError("TestClient did not receive any response: the application sent no http.response.start")
        self.raise_failure()
        return False

    async def read(self) -> bytes | None:
        """Return the next part of the body that is not empty, or None after the last."""
        self._demand.set()
        if not self._body_complete:
            await self.wait(self._supply, "http.response.body")
        part, self._part = self._part, None
        if part is not None:
            self._supply = anyio.Event()
            if self.done.is_set():
                self._supply.set()
            return part
        if self._body_complete and self.trailers is not None:
            await self.wait(self._ended, "http.response.trailers")
        if not self._is_complete():
            self.raise_failure()
        return None

    def disconnect(self) -> None:
        if self._ended.is_set():
            return
        super().disconnect()
        self._ended.set()
        self._demand.set()
        if self._receiving is not None:
            self._receiving.cancel()

    async def end(self) -> None:
        """End the exchange.

        After a complete response, waits for the application to return, background tasks
        included. During one, disconnects, and cancels an application that does not return.

        Raises:
            ApplicationTimeout: the application did not return within the time limit.
            BaseException: what the application raised.
        """
        if self._final_part_offered or self._body_complete:
            self._draining = True
            self._demand.set()
        if self._is_complete():
            await self.wait(self.done, "end of the application")
        else:
            self.disconnect()
            await self.finish()
        self.raise_failure()

    async def finished(self) -> None:
        """Wait for the application to return; raise what it raised."""
        await self.wait(self.done, "end of the application")
        self.raise_failure()

    @property
    def is_read(self) -> bool:
        """Whether the client has taken the whole body, and trailers if there are any."""
        return self._body_complete and self._part is None and self._ended.is_set()

    def _is_complete(self) -> bool:
        if self.trailers is not None:
            return self._ended.is_set() and not self.disconnected
        return self._body_complete or self._final_part_offered

    # --- the application's side ------------------------------------------------------------

    def returned(self) -> None:
        self._ended.set()
        self._started.set()
        self._supply.set()

    async def receive(self) -> Message:
        if not self._request_complete and not self.disconnected:
            self.progress.step("receive() for a part of the request body")
            message = await self._receive_part()
            self.progress.step(None)
            if message is not None:
                return message
        self.progress.step("receive() for http.disconnect")
        await self._ended.wait()
        self.progress.step(None)
        return {"type": "http.disconnect"}

    async def _receive_part(self) -> Message | None:
        with anyio.CancelScope() as self._receiving:
            part, more = await self._body.next_part()
            self._request_complete = not more
            self._receiving = None
            return {"type": "http.request", "body": part, "more_body": more}
        self._receiving = None
        return None

    async def send(self, message: Message) -> None:
        if self.disconnected:
            raise PeerDisconnected("the client has disconnected")
        kind = message["type"]
        if kind not in _SEND_METHODS:
            raise AssertionError(f"an http scope cannot send {kind!r}")
        if self._ended.is_set():
            raise AssertionError(f"{kind!r} was sent after response completed")
        if kind in _SENT_IF_OFFERED and kind not in self._offered:
            raise AssertionError(f"{kind!r} was sent, but scope['extensions'] does not offer it")
        self.progress.step(f"send() of {kind}")
        try:
            await getattr(self, _SEND_METHODS[kind])(message)
        finally:
            self.progress.step(None)

    async def _send_start(self, message: Message) -> None:
        if self.status is not None:
            raise AssertionError("'http.response.start' was sent twice")
        self.status = message["status"]
        self.headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        self.trailers = [] if message.get("trailers", False) else None
        self._started.set()

    async def _send_body(self, message: Message) -> None:
        await self._hand_over(bytes(message.get("body", b"")), more=message.get("more_body", False))

    async def _send_path(self, message: Message) -> None:
        await self._hand_over(await read_path(message["path"]), more=False)

    async def _send_descriptor(self, message: Message) -> None:
        part = await read_descriptor(message["file"], message.get("offset"), message.get("count"))
        await self._hand_over(part, more=message.get("more_body", False))

    async def _hand_over(self, part: bytes, *, more: bool) -> None:
        if self.status is None:
            raise AssertionError("'http.response.body' was sent before 'http.response.start'")
        if self._body_complete:
            raise AssertionError("'http.response.body' was sent after body completed")
        self._final_part_offered = not more and self.trailers is None
        await self._demand.wait()
        if self.disconnected:
            raise PeerDisconnected("the client has disconnected")
        if part and not self._is_head and not self._draining:
            self._demand = anyio.Event()
            self._part = part
            self._supply.set()
        if not more:
            self._body_complete = True
            self._supply.set()
            if self.trailers is None:
                self._ended.set()

    async def _send_trailers(self, message: Message) -> None:
        if self.trailers is None:
            raise AssertionError(
                "'http.response.trailers' was sent without declaring trailers in 'http.response.start'"
            )
        if not self._body_complete:
            raise AssertionError("'http.response.trailers' was sent before body completed")
        self.trailers.extend((bytes(name), bytes(value)) for name, value in message.get("headers", ()))
        if not message.get("more_trailers", False):
            self._ended.set()

    async def _send_early_hint(self, message: Message) -> None:
        self.early_hints.extend(bytes(link) for link in message["links"])

    async def _send_push(self, message: Message) -> None:
        self.pushes.append(message["path"])

    async def _send_debug(self, message: Message) -> None:
        self.debug = dict(message["info"])
        if self.on_debug is not None:
            self.on_debug(self.debug)
