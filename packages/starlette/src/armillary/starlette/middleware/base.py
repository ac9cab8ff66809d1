"""`BaseHTTPMiddleware` as Starlette has it: the application runs in a child task.

Context variables that the application sets are therefore not seen by `dispatch`. The native
`armillary.middleware.DispatchMiddleware` has no such limits; this one is for programs that were
written around them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from armillary.asgi_types import ASGIApp, ClientDisconnect, Message, Receive, Scope, Send
from armillary.concurrency import FairTurn
from armillary.http import Background

from .._utils import create_collapsing_task_group
from ..requests import Request
from ..responses import Response

if TYPE_CHECKING:
    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

__all__ = [
    "AsyncContentStream",
    "BaseHTTPMiddleware",
    "BodyStreamGenerator",
    "DispatchFunction",
    "RequestResponseEndpoint",
]

RequestResponseEndpoint: TypeAlias = Callable[[Request[Any]], Awaitable[Response]]
DispatchFunction: TypeAlias = Callable[[Request[Any], RequestResponseEndpoint], Awaitable[Response]]
BodyStreamGenerator: TypeAlias = AsyncGenerator[bytes | MutableMapping[str, Any], None]
AsyncContentStream: TypeAlias = AsyncIterable[str | bytes | memoryview | MutableMapping[str, Any]]

DISCONNECT = {"type": "http.disconnect"}


class BaseHTTPMiddleware:
    """Middleware as a coroutine of a request and a function that gives the response to it."""

    def __init__(self, app: ASGIApp, dispatch: DispatchFunction | None = None) -> None:
        self.app = app
        self.dispatch_func = dispatch if dispatch is not None else self.dispatch

    async def dispatch(self, request: Request[Any], call_next: RequestResponseEndpoint) -> Response:
        """Handle a request; a subclass overrides it."""
        raise NotImplementedError(f"{type(self).__name__} has no dispatch")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _CallNextExchange(self.app, _CachedRequest(scope, receive, send), send)
        async with create_collapsing_task_group() as exchange.group:
            try:
                response = await self.dispatch_func(exchange.request, exchange.call_next)
                await response(scope, exchange.request.wrapped_receive, send)
            finally:
                await exchange.finish()
        exchange.raise_unseen_failure()


class _CachedRequest(Request[Any]):
    """The request that dispatch is given. The application receives the body again from the start."""

    _body_given = False
    _disconnected = False
    _pieces: Any = None

    async def wrapped_receive(self) -> Message:
        """Receive on behalf of the application."""
        if self._disconnected:
            return DISCONNECT
        if self._body_given:
            return await self._receive_disconnect()
        try:
            return await self._receive_piece()
        except ClientDisconnect:
            self._disconnected = True
            return DISCONNECT

    async def _receive_piece(self) -> Message:
        whole = getattr(self, "_body", None)
        if whole is None and self._pieces is None:
            self._pieces = self.stream()
        try:
            body = whole if whole is not None else await anext(self._pieces)
        except RuntimeError:
            body = b""  # dispatch has consumed the stream
        self._body_given = whole is not None or not body
        return {"type": "http.request", "body": body, "more_body": not self._body_given}

    async def _receive_disconnect(self) -> Message:
        if not await super().is_disconnected():
            message = await self._receive()
            if message["type"] != "http.disconnect":
                raise RuntimeError(f"Unexpected message received: {message['type']}")
        self._disconnected = True
        return DISCONNECT

    async def is_disconnected(self) -> bool:
        return self._disconnected or await super().is_disconnected()


class _CallNextExchange:
    """One request on its way between dispatch and the application's task."""

    group: TaskGroup

    def __init__(self, app: ASGIApp, request: _CachedRequest, send: Send) -> None:
        from anyio import Event

        self.app = app
        self.request = request
        self.send = send
        self.complete = Event()
        self.failure: Exception | None = None
        self.failure_seen = False
        self.receivers: list[MemoryObjectReceiveStream[Message]] = []
        self.bodies: list[BodyStreamGenerator] = []

    async def call_next(self, request: Request[Any]) -> Response:
        from anyio import EndOfStream, create_memory_object_stream

        sender, receiver = create_memory_object_stream[Message](0)
        self.receivers.append(receiver)
        self.group.start_soon(self.run_application, request.scope, sender)
        info = None
        try:
            while (message := await receiver.receive())["type"] != "http.response.start":
                if message["type"] == "http.response.debug":
                    info = message["info"]
                else:
                    await self.send(message)
        except EndOfStream:
            self.raise_failure()
            raise RuntimeError("No response returned.") from None
        body = self.read_body(receiver)
        self.bodies.append(body)
        response = _StreamingResponse(body, message["status"], info=info)
        response.raw_headers = list(message.get("headers", ()))
        return response

    async def run_application(self, scope: Scope, sender: MemoryObjectSendStream[Message]) -> None:
        from anyio import BrokenResourceError
        from anyio.lowlevel import checkpoint

        async def pass_to_dispatch(message: Message) -> None:
            try:
                await sender.send(message)
            except BrokenResourceError:
                await checkpoint()  # the response was discarded; let others run in between
            else:
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    await self.complete.wait()  # what the application does next comes after the last byte

        with sender:
            try:
                await self.app(scope, self.receive, pass_to_dispatch)
            except Exception as exc:
                self.failure = exc

    async def receive(self) -> Message:
        """Receive for the application; after the complete response it receives a disconnect."""
        from anyio import create_task_group

        message: Message = DISCONNECT
        if self.complete.is_set():
            return message
        async with create_task_group() as group:

            async def cancel_when_complete() -> None:
                await self.complete.wait()
                group.cancel_scope.cancel()

            group.start_soon(cancel_when_complete)
            message = await self.request.wrapped_receive()
            group.cancel_scope.cancel()
        return DISCONNECT if self.complete.is_set() else message

    async def read_body(self, receiver: MemoryObjectReceiveStream[Message]) -> BodyStreamGenerator:
        async for message in receiver:
            if message["type"] == "http.response.pathsend":
                yield message
                break
            if part := message.get("body"):
                yield part
            if not message.get("more_body"):
                break
        self.raise_failure()

    def raise_failure(self) -> None:
        if self.failure is not None:
            self.failure_seen = True
            raise self.failure from (self.failure.__cause__ or self.failure.__context__)

    async def finish(self) -> None:
        """Let the application end, and close what was not read of its bodies."""
        self.complete.set()
        for receiver in self.receivers:
            receiver.close()
        for body in self.bodies:
            await body.aclose()

    def raise_unseen_failure(self) -> None:
        """Raise a failure after the response was complete, such as of background work."""
        if not self.failure_seen:
            self.raise_failure()


class _StreamingResponse(Response):
    """The application's response as dispatch has it: its body comes from the application's task."""

    background: Background | None

    def __init__(
        self, content: AsyncContentStream, status_code: int = 200, *, info: Mapping[str, Any] | None = None
    ) -> None:
        self.body_iterator = content
        self.status_code = status_code
        self.background = None
        self.info = info
        self.raw_headers = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.info is not None:
            await send({"type": "http.response.debug", "info": self.info})
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await self._send_body(send)
        except BaseException:
            close = getattr(self.body_iterator, "aclose", None)
            if close is not None:
                await close()
            raise
        if self.background is not None:
            await self.background()

    async def _send_body(self, send: Send) -> None:
        """Send each part; a body that dispatch has put in need not wait, so the event loop gets its turn."""
        turn = FairTurn()
        sent_by_server = False
        async for part in self.body_iterator:
            if isinstance(part, MutableMapping):
                sent_by_server = True
                await send(part)
            else:
                body = part.encode(self.charset) if isinstance(part, str) else bytes(part)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if turn.is_due():
                await turn.give()
        if not sent_by_server:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
