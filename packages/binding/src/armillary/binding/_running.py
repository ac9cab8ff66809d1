"""Calling an endpoint and what it depends on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.concurrency import run_in_threadpool
from armillary.serialization import ValidationError, ValidationIssue

from ._body import BodyReader
from ._plan import Call, Plan
from ._provided import Making, Provided
from ._values import Targets, make_groups


def provide(arguments: tuple[Provided, ...], connection: Any, targets: Targets) -> list[tuple[Making, Any]]:
    """Make the arguments that the connection alone gives; return those that change the response.

    Raises:
        HTTPException: the connection does not have one.
    """
    given: list[tuple[Making, Any]] = []
    for target, name, making in arguments:
        if making.runs_after or making.is_response:
            # One for the endpoint and all its dependencies.
            known = [value for other, value in given if other.kind is making.kind]
            value = known[0] if known else making.make(connection)
            if not known:
                given.append((making, value))
        else:
            value = making.make(connection)
        targets[target][name] = value
    return given


def read_values(plan: Plan, connection: Any, targets: Targets) -> Awaitable[None] | None:
    """Read the arguments that come from the request; return what is to be awaited if a body is among them.

    Raises:
        ValidationError: some are missing or wrong.
        HTTPException: the body is malformed, too large or of another media type.
    """
    issues: list[ValidationIssue] = []
    if plan.texts is not None:
        plan.texts.fill(connection, targets, issues)
    if plan.body is not None:
        return _read_body(plan, plan.body, connection, targets, issues)
    if plan.groups or issues:
        _finish_reading(plan, targets, issues)
    return None


async def _read_body(
    plan: Plan, body: BodyReader, connection: Any, targets: Targets, issues: list[ValidationIssue]
) -> None:
    await body.fill(connection, targets, issues)
    _finish_reading(plan, targets, issues)


def _finish_reading(plan: Plan, targets: Targets, issues: list[ValidationIssue]) -> None:
    if plan.groups:
        make_groups(plan.groups, targets, issues)
    if issues:
        raise ValidationError(issues, "The request")


async def call_with_dependencies(
    plan: Plan, connection: Any, targets: Targets, early: AsyncExitStack, late: AsyncExitStack
) -> Any:
    """Call the dependencies and then the endpoint; return its result.

    The first dependencies, if they need nothing of what is sent, are called before any of it is read: what they reject
    is rejected whatever it says.

    Args:
        plan: the calls, and what is read for them.
        connection: the request or WebSocket.
        targets: the arguments found so far.
        early: ends generators before the response.
        late: ends generators after it.

    Raises:
        ValidationError, HTTPException: as `read_values`, and what a function raises.
    """
    results: list[Any] = []
    for position, call in enumerate(plan.calls):
        if position == plan.before_reading:
            body = read_values(plan, connection, targets)
            if body is not None:
                await body
        arguments = targets[call.target]
        for name, number in call.needs:
            arguments[name] = results[number]
        results.append(await _call(call, arguments, early if call.ends_early else late))
    return results[-1]


async def _call(call: Call, arguments: dict[str, Any], stack: AsyncExitStack) -> Any:
    if call.style == "async":
        return await call.function(**arguments)
    if call.style == "direct":
        return call.function(**arguments)
    if call.style == "thread":
        return await run_in_threadpool(partial(call.function, **arguments))
    if call.style == "async_generator":
        return await stack.enter_async_context(asynccontextmanager(call.function)(**arguments))
    return await stack.enter_async_context(_in_threads(contextmanager(call.function)(**arguments)))


@asynccontextmanager
async def _in_threads(context: Any) -> AsyncGenerator[Any]:
    """Enter and exit a context manager in threads, since it may block."""
    value = await run_in_threadpool(context.__enter__)
    try:
        yield value
    except BaseException as exc:
        if not await _exit_in_thread(context, exc):
            raise
    else:
        await _exit_in_thread(context, None)


async def _exit_in_thread(context: Any, exc: BaseException | None) -> bool:
    from anyio import CancelScope

    # Shielded: a connection or a lock that the generator holds is given back even if the request was cancelled.
    suppressed: Any = False
    with CancelScope(shield=True):
        suppressed = await run_in_threadpool(context.__exit__, type(exc) if exc else None, exc, None)
    return suppressed is True


class FinishingResponse:
    """A response after which generators go on."""

    def __init__(self, response: Any, stack: AsyncExitStack) -> None:
        self.response = response
        self._stack = stack
        self.status_code: int = getattr(response, "status_code", 200)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await self.response(scope, receive, send)


class WorkingResponse:
    """A response, not one of this toolkit, after which work is done."""

    def __init__(self, response: Any, work: list[Any]) -> None:
        self.response = response
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.response(scope, receive, send)
        for each in self._work:
            await each()
