"""What `Tasks` takes from other packages, and what its decorator is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from ._task import Task

P = ParamSpec("P")
R = TypeVar("R")


class OutboxMessage(Protocol):
    """A message of an outbox, such as `armillary.sqlalchemy.OutboxMessage`."""

    @property
    def topic(self) -> str: ...

    @property
    def payload(self) -> Any: ...


class Decorator(Protocol):
    """What `@tasks.task(...)` returns."""

    @overload
    def __call__(self, function: Callable[P, Awaitable[R]], /) -> Task[P, R]: ...

    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...
