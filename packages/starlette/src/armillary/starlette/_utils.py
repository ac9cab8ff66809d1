"""Private names that programs use nonetheless."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from armillary.asgi_types import is_async_callable
from armillary.datastructures import ParsedHost, parse_host
from armillary.routing import get_route_path

T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound="Closeable")

__all__ = [
    "AwaitableOrContextManager",
    "AwaitableOrContextManagerWrapper",
    "ParsedHost",
    "create_collapsing_task_group",
    "get_route_path",
    "is_async_callable",
    "parse_host_header",
]


def parse_host_header(value: str) -> ParsedHost | None:
    """Return host and port of a Host header, None if it is malformed."""
    return parse_host(value)


class Closeable(Protocol):
    """Has a `close` for the exit of a context manager."""

    async def close(self) -> None:
        """Release what it holds."""


class AwaitableOrContextManager(Awaitable[T_co], AbstractAsyncContextManager[T_co], Protocol[T_co]):
    """Either `await it` or `async with it`."""


class AwaitableOrContextManagerWrapper(Generic[R]):
    """Makes a coroutine usable by `async with`, closing its result at the end."""

    __slots__ = ("_pending", "entered")

    def __init__(self, aw: Awaitable[R]) -> None:
        self._pending = aw

    def __await__(self) -> Generator[Any, None, R]:
        return self._pending.__await__()

    async def __aenter__(self) -> R:
        self.entered = await self._pending
        return self.entered

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.entered.close()


@asynccontextmanager
async def create_collapsing_task_group() -> AsyncGenerator[Any, None]:
    """Open a task group out of which a lone exception comes as itself, not in a group."""
    from anyio import create_task_group

    try:
        async with create_task_group() as group:
            yield group
    except BaseExceptionGroup as failures:
        lone, *others = failures.exceptions
        if others:
            raise
        # The cause and context a `raise` would set belong to the exception itself already.
        cause, context, quiet = lone.__cause__, lone.__context__, lone.__suppress_context__
        try:
            raise lone
        finally:
            lone.__cause__, lone.__context__, lone.__suppress_context__ = cause, context, quiet
