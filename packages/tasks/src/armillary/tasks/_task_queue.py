"""What a task, a runner and a scheduler need of `Tasks`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from armillary.background import TaskRetry

from ._arguments import Arguments
from ._engine import Engine
from ._envelope import Envelope
from ._schedule import Schedule


class DeclaredTask(Protocol):
    """A task as its runner sees it; see `Task`."""

    name: str
    function: Callable[..., Any]
    arguments: Arguments
    retry: TaskRetry | None
    timeout: float | None
    schedule: Schedule | None


class TaskQueue(Protocol):
    """The tasks of a program; see `Tasks`."""

    concurrency: int
    lease: float
    max_deliveries: int
    result_ttl: float
    state: Mapping[str, Any]
    scope: Callable[[], AbstractAsyncContextManager[Any]]

    @property
    def engine(self) -> Engine: ...

    @property
    def registry(self) -> Mapping[str, DeclaredTask]: ...

    def submit(self, envelope: Envelope, *, delay: float = 0.0, key: str | None = None) -> Awaitable[str]: ...
