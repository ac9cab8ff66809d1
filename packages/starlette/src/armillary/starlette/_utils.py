"""Private names that programs use nonetheless."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from armillary.asgi_types import is_async_callable as is_native_async_callable
from armillary.datastructures import MAX_PORT, parse_host
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


@dataclass(frozen=True)
class ParsedHost:
    """A Host header, as it is written.

    Attributes:
        host: with the brackets of an IP literal.
        port: its digits, None if there is none.
    """

    host: str
    port: str | None

    @property
    def authority(self) -> str:
        """Host and port as a URL has them."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def is_valid_port(self) -> bool:
        """Whether the port is one that a server can have, or there is none."""
        return self.port is None or int(self.port) <= MAX_PORT


def parse_host_header(host_header: str) -> ParsedHost | None:
    """Return host and port of a Host header, None if it is malformed."""
    parsed = parse_host(host_header)
    if parsed is None or host_header.endswith(":"):
        return None
    if parsed.port is None:
        return ParsedHost(host_header, None)
    host, _, port = host_header.rpartition(":")
    return ParsedHost(host, port)


def is_async_callable(obj: Any) -> bool:
    """Return whether calling an object gives a coroutine."""
    return is_native_async_callable(obj)


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
