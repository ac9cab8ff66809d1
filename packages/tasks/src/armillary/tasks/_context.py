"""Where a task runs, and where it was enqueued."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from armillary.asgi_types import Scope, find_scope_record

from ._envelope import Envelope
from ._errors import TasksError
from ._state import State
from ._status import Status

current_scope: ContextVar[Scope | None] = ContextVar("armillary.tasks.scope", default=None)
running: ContextVar[CurrentTask | None] = ContextVar("armillary.tasks.running", default=None)


@dataclass
class CurrentTask:
    """The task that runs.

    Attributes:
        id: the same for each attempt and delivery; a key for effects that must happen once.
        name: the task's name.
        attempt: 1 at first.
        delivery: how often this attempt was delivered; more than 1 if a worker died meanwhile.
        request_id: of the request that enqueued it.
        state: the state of the application's lifespan.
    """

    id: str
    name: str
    attempt: int
    delivery: int
    request_id: str | None
    state: Mapping[str, Any]
    _store: State = field(repr=False)
    _ttl: float = field(repr=False)

    async def report(self, progress: Any) -> None:
        """Report how far it is: any value that can be encoded as JSON."""
        await self._store.set(f"task:{self.id}", Status("running", self.attempt, progress).encode(), self._ttl)


def current_task() -> CurrentTask:
    """Return the task that runs.

    Raises:
        TasksError: called outside of a task.
    """
    found = running.get()
    if found is None:
        raise TasksError("current_task() was called outside of a task: it is for the function that a worker runs")
    return found


def origin() -> tuple[str | None, dict[str, str]]:
    """Return the request id and the trace context of who enqueues."""
    scope = current_scope.get()
    request_id = None
    trace: dict[str, str] = {}
    if scope is not None:
        record = find_scope_record(scope)
        request_id = None if record is None else record.get("request_id")
        for name, value in scope.get("headers", ()):
            if name in (b"traceparent", b"tracestate"):
                trace[name.decode()] = value.decode("latin-1")
    else:
        outer = running.get()
        request_id = None if outer is None else outer.request_id
    # OpenTelemetry, if the program has loaded it, knows the current span.
    propagate: Any = sys.modules.get("opentelemetry.propagate")
    if propagate is not None:
        propagate.inject(trace)
    return request_id, trace


@contextmanager
def entered(task: CurrentTask, envelope: Envelope) -> Generator[None]:
    """Run the block as a task, in the trace it was enqueued in."""
    token = running.set(task)
    propagate: Any = sys.modules.get("opentelemetry.propagate")
    context: Any = sys.modules.get("opentelemetry.context")
    attached = context.attach(propagate.extract(envelope.trace)) if propagate and context else None
    try:
        yield
    finally:
        if attached is not None:
            context.detach(attached)
        running.reset(token)
