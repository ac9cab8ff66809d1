"""Calling an endpoint and what it depends on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.concurrency import run_in_threadpool

from ._plan import Call
from ._values import Targets


async def call_with_dependencies(calls: tuple[Call, ...], targets: Targets, early: AsyncExitStack, late: Any) -> Any:
    """Call the dependencies and then the endpoint; return its result.

    Args:
        calls: in their order.
        targets: the arguments found so far.
        early: ends generators before the response.
        late: ends generators after it.
    """
    results: list[Any] = []
    for call in calls:
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
