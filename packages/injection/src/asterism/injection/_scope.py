"""The container of one request or WebSocket, opened when something is first asked of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dishka import AsyncContainer, Scope as DishkaScope

from asterism.asgi_types import Receive, Scope, Send

from ._errors import InjectionError

if TYPE_CHECKING:
    from ._injection import Injection


class ConnectionScope:
    """What a request or WebSocket injects from.

    Args:
        injection: the providers.
        scope, receive, send: the connection.
    """

    __slots__ = ("_opened", "_receive", "_scope", "_send", "injection")

    def __init__(self, injection: Injection, scope: Scope, receive: Receive, send: Send) -> None:
        self.injection = injection
        self._scope = scope
        self._receive = receive
        self._send = send
        self._opened: list[AsyncContainer] = []

    async def container(self) -> AsyncContainer:
        """Return the container of the request scope, opening it first."""
        if not self._opened:
            await self._open(self.connection())
        return self._opened[-1]

    async def _open(self, connection: Any) -> None:
        from asterism.http import Request
        from asterism.websockets import WebSocket

        outer = self.injection.container
        if self._scope["type"] == "websocket":
            outer = await outer(context={WebSocket: connection}, scope=DishkaScope.SESSION).__aenter__()
            self._opened.append(outer)
            self._opened.append(await outer(scope=DishkaScope.REQUEST).__aenter__())
        else:
            self._opened.append(await outer(context={Request: connection}, scope=DishkaScope.REQUEST).__aenter__())

    def connection(self) -> Any:
        """Return the request or WebSocket; one that an endpoint was given is used instead where there is one."""
        if self._scope["type"] == "websocket":
            from asterism.websockets import WebSocket

            return WebSocket(self._scope, self._receive, self._send)
        from asterism.http import Request

        return Request[Any](self._scope, self._receive, self._send)

    async def container_for(self, connection: Any) -> AsyncContainer:
        """Return the container; if this opens it, the connection in it is the one given."""
        if not self._opened:
            await self._open(connection)
        return self._opened[-1]

    @asynccontextmanager
    async def inner(self) -> AsyncGenerator[AsyncContainer]:
        """Open a further request scope, such as for one message of a WebSocket."""
        if not self._opened:
            await self._open(self.connection())
        async with self._opened[0](scope=DishkaScope.REQUEST) as container:
            self._opened.append(container)
            try:
                yield container
            finally:
                self._opened.remove(container)

    async def close(self, error: BaseException | None) -> None:
        """Tear everything down, innermost first; when cancelled meanwhile, it is still carried out."""
        if not self._opened:
            return
        from anyio import CancelScope

        failure: Exception | None = None
        with CancelScope(shield=True):
            while self._opened:
                try:
                    await self._opened.pop().close(error)
                except Exception as exc:
                    failure = failure or exc
        if failure is not None and failure is not error:
            raise failure


CURRENT: ContextVar[ConnectionScope] = ContextVar("asterism_injection")


def current_scope(what: str) -> ConnectionScope:
    """Return the scope of the request that is being served.

    Raises:
        InjectionError: none is, or no middleware wraps the application.
    """
    try:
        return CURRENT.get()
    except LookupError:
        raise InjectionError(
            f"{what} was called outside of a request, so there is nothing to inject from: wrap the application in "
            "InjectionMiddleware, and call it from an endpoint, a resolver or a background task of a response"
        ) from None


@asynccontextmanager
async def message_scope() -> AsyncGenerator[AsyncContainer]:
    """Open a request scope of its own, for one message of a WebSocket: what is injected in the block is from it."""
    async with current_scope("message_scope()").inner() as container:
        yield container
