"""The scopes to inject from: a request, a WebSocket, a message, a task. Each is opened on first use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dishka import AsyncContainer, Scope as DishkaScope

from armillary.asgi_types import Receive, Scope, Send

from ._dependency import Dependency
from ._errors import InjectionError
from ._injection import Injection

if TYPE_CHECKING:
    from anyio import Event


class InjectionScope:
    """A request scope of dishka; concurrent tasks take turns, so that each object is created once."""

    __slots__ = ("_busy", "_ended", "_opened", "_waiting")

    def __init__(self) -> None:
        self._opened: list[AsyncContainer] = []
        self._ended = False
        self._busy = False
        self._waiting: list[Event] = []

    async def _open(self, connection: Any) -> None:
        """Add the containers of this scope to `_opened`, the innermost last."""
        raise NotImplementedError

    async def fill(self, arguments: dict[str, Any], dependencies: Mapping[str, Dependency], connection: Any) -> None:
        """Add what is injected to the arguments that are not given.

        Args:
            arguments: by name.
            dependencies: by name.
            connection: the request or WebSocket passed to the caller, if any.
        """
        if RESOLVING.get(None) is self:  # a provider calls an injected function
            await self._fill(arguments, dependencies, connection)
            return
        while self._busy:
            await self._wait_for_turn()
        self._busy = True
        token = RESOLVING.set(self)
        try:
            await self._fill(arguments, dependencies, connection)
        finally:
            RESOLVING.reset(token)
            self._busy = False
            if self._waiting:
                self._wake()

    async def _fill(self, arguments: dict[str, Any], dependencies: Mapping[str, Dependency], connection: Any) -> None:
        container = await self.container(connection)
        for name, dependency in dependencies.items():
            if name not in arguments:
                arguments[name] = await container.get(dependency.kind, component=dependency.component)

    async def _wait_for_turn(self) -> None:
        from anyio import Event

        event = Event()
        self._waiting.append(event)
        await event.wait()

    def _wake(self) -> None:
        # All of them, since a cancelled task would not wake the next one.
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            event.set()

    async def container(self, connection: Any = None) -> AsyncContainer:
        """Return the container; open it if necessary."""
        if self._ended:
            raise InjectionError(
                "something was injected after its request had ended, when its scope was closed already: await the "
                "task before that, or make it a background task of the response"
            )
        if not self._opened:
            await self._open(connection)
        return self._opened[-1]

    async def close(self, error: BaseException | None) -> None:
        """Close all containers, innermost first, shielded from cancellation."""
        self._ended = True
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


class ConnectionScope(InjectionScope):
    """The scope of a request or WebSocket.

    Args:
        injection: the providers.
        scope, receive, send: the connection.
    """

    __slots__ = ("_receive", "_scope", "_send", "injection")

    def __init__(self, injection: Injection, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__()
        self.injection = injection
        self._scope = scope
        self._receive = receive
        self._send = send

    async def _open(self, connection: Any) -> None:
        from anyio import Lock

        from armillary.http import Request
        from armillary.websockets import WebSocket

        given = self._connection() if connection is None else connection
        outer = self.injection.container
        if self._scope["type"] != "websocket":
            self._opened.append(await outer(context={Request: given}, scope=DishkaScope.REQUEST).__aenter__())
            return
        session = outer(context={WebSocket: given}, lock_factory=Lock, scope=DishkaScope.SESSION)
        self._opened.append(await session.__aenter__())
        self._opened.append(await self._opened[0](scope=DishkaScope.REQUEST).__aenter__())

    def _connection(self) -> Any:
        if self._scope["type"] == "websocket":
            from armillary.websockets import WebSocket

            return WebSocket(self._scope, self._receive, self._send)
        from armillary.http import Request

        return Request[Any](self._scope, self._receive, self._send)

    async def open_request_container(self) -> AsyncContainer:
        """Open another request scope besides that of the connection; within the session for a WebSocket."""
        if self._scope["type"] == "websocket":
            await self.container()
            return await self._opened[0](scope=DishkaScope.REQUEST).__aenter__()
        if self._ended:
            await self.container()
        from armillary.http import Request

        context = {Request: self._connection()}
        return await self.injection.container(context=context, scope=DishkaScope.REQUEST).__aenter__()


class MessageScope(InjectionScope):
    """The scope of one message.

    Args:
        outer: the scope of its connection.
    """

    __slots__ = ("outer",)

    def __init__(self, outer: ConnectionScope) -> None:
        super().__init__()
        self.outer = outer

    async def _open(self, connection: Any) -> None:
        self._opened.append(await self.outer.open_request_container())


class TaskScope(InjectionScope):
    """The scope of a task or command: that of a request without one.

    Args:
        injection: the providers.
    """

    __slots__ = ("injection",)

    def __init__(self, injection: Injection) -> None:
        super().__init__()
        self.injection = injection

    async def _open(self, connection: Any) -> None:
        self._opened.append(await self.injection.container(scope=DishkaScope.REQUEST).__aenter__())


CURRENT: ContextVar[InjectionScope] = ContextVar("armillary_injection")
RESOLVING: ContextVar[InjectionScope | None] = ContextVar("armillary_injection_resolving")


def current_scope(what: str) -> InjectionScope:
    """Return the scope of the current request, WebSocket or message.

    Raises:
        InjectionError: there is none, or no middleware wraps the application.
    """
    try:
        return CURRENT.get()
    except LookupError:
        raise InjectionError(
            f"{what} was called outside of a request, so there is nothing to inject from: wrap the application in "
            "InjectionMiddleware, and call it from an endpoint, a resolver or a background task of a response; in a "
            "worker or a command open task_scope(injection)"
        ) from None


@asynccontextmanager
async def message_scope() -> AsyncGenerator[AsyncContainer]:
    """Open a separate request scope, for one message of a WebSocket; the block injects from it.

    Messages that are handled at the same time have one each.

    Raises:
        InjectionError: outside of a request or WebSocket, or after its end.
    """
    current = current_scope("message_scope()")
    outer = current.outer if isinstance(current, MessageScope) else current
    assert isinstance(outer, ConnectionScope)
    async with _entered(MessageScope(outer)) as container:
        yield container


@asynccontextmanager
async def task_scope(injection: Injection) -> AsyncGenerator[AsyncContainer]:
    """Open a request scope without a request, for a task of a worker or a command; the block injects from it.

    Objects of Scope.APP are those that requests of this process get. A provider that asks for the request fails.

    Args:
        injection: the providers.

    >>> from armillary.injection import Injection
    >>> async def nightly(injection: Injection) -> None:
    ...     async with task_scope(injection):
    ...         ...  # call injected functions
    """
    async with _entered(TaskScope(injection)) as container:
        yield container


@asynccontextmanager
async def _entered(own: InjectionScope) -> AsyncGenerator[AsyncContainer]:
    """Inject from a scope while the block runs, and close it."""
    token = CURRENT.set(own)
    try:
        yield await own.container()
    except BaseException as exc:
        await own.close(exc)
        raise
    else:
        await own.close(None)
    finally:
        CURRENT.reset(token)
