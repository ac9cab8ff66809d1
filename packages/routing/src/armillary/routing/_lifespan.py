"""Lifespans: what runs before the first connection and after the last.

A lifespan is an async context manager around the serving of connections; what it yields becomes the state of each
connection. No task is started here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias, cast

from armillary.asgi_types import Receive, Scope, Send, describe_function, yields_hint

LifespanState: TypeAlias = Mapping[str, Any] | None
LifespanContext: TypeAlias = Callable[[Any], AbstractAsyncContextManager[LifespanState]]

_COROUTINE_FLAG = 0x80  # inspect.CO_COROUTINE
_GENERATOR_FLAGS = 0x20 | 0x200  # inspect.CO_GENERATOR, inspect.CO_ASYNC_GENERATOR


@asynccontextmanager
async def no_lifespan(app: Any) -> AsyncGenerator[None, None]:
    """Do nothing before and after."""
    yield


def checked_lifespan(lifespan: Any) -> LifespanContext:
    """Return a lifespan; `TypeError` for a bare generator function or anything not callable."""
    if lifespan is None:
        return no_lifespan
    if not callable(lifespan):
        raise TypeError(f"lifespan takes a function of the application, got {lifespan!r}")
    code = getattr(lifespan, "__code__", None)
    if code is not None and code.co_flags & _GENERATOR_FLAGS:
        name = describe_function(lifespan)
        raise TypeError(f"lifespan {name} is a generator function; decorate it with @contextlib.asynccontextmanager")
    if code is not None and code.co_flags & _COROUTINE_FLAG:
        raise TypeError(
            f"lifespan {describe_function(lifespan)} has no yield; write what happens at start-up, yield, and what "
            "happens at shutdown, and decorate it with @contextlib.asynccontextmanager"
        )
    return cast(LifespanContext, lifespan)


async def serve_lifespan(
    context: AbstractAsyncContextManager[LifespanState],
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    lifespan: Callable[..., Any] | None = None,
) -> None:
    """Run the ASGI lifespan protocol around a context manager.

    Args:
        context: entered at start-up, left at shutdown; what it yields is added to the state.
        scope, receive, send: of the lifespan connection.
        lifespan: the function that made the context manager; errors name it.

    Raises:
        BaseException: whatever the context raised, once the failure was sent to the server.
    """

    async def run(started: Started) -> None:
        if not hasattr(context, "__aenter__"):
            if hasattr(lifespan, "__aenter__"):
                function: Any = getattr(lifespan, "func", lifespan)
                made_by = describe_function(function)
                raise TypeError(f"lifespan takes the function {made_by}, not what it returns; leave out the ()")
            name = f" {describe_function(lifespan)}" if lifespan else ""
            raise TypeError(
                f"the lifespan{name} returned {context!r}, which is no async context manager; write async def "
                "lifespan(app): with a yield in it, and decorate it with @contextlib.asynccontextmanager"
            )
        try:
            async with context as state:
                add_state(scope, state)
                await started()
        except RuntimeError as exc:
            hint = yields_hint(exc)
            if hint is not None:
                exc.add_note(f"In the lifespan, {hint}")
            raise

    await serve_started(run, receive, send)


Started: TypeAlias = Callable[[], Awaitable[None]]
"""Called when all have started; it returns when all are to stop."""


async def serve_started(run: Callable[[Started], Awaitable[None]], receive: Receive, send: Send) -> None:
    """Run the ASGI lifespan protocol with the server around `run`."""
    stage = "startup"

    async def started() -> None:
        nonlocal stage
        await send({"type": "lifespan.startup.complete"})
        stage = "shutdown"
        await receive()

    await receive()
    try:
        await run(started)
    except BaseException as exc:
        import traceback

        await send({"type": f"lifespan.{stage}.failed", "message": "".join(traceback.format_exception(exc))})
        raise
    await send({"type": "lifespan.shutdown.complete"})


def add_state(scope: Scope, state: object) -> None:
    """Give what a lifespan yielded to the connections to come.

    Raises:
        RuntimeError: if the server keeps no state.
        TypeError: for anything that is no mapping.
    """
    if state is None:
        return
    if not isinstance(state, Mapping):
        raise TypeError(f"a lifespan yields nothing or a mapping, got {state!r}")
    if not state:
        return
    if "state" not in scope:
        raise RuntimeError('The server does not support "state" in the lifespan scope.')
    scope["state"].update(cast("Mapping[str, Any]", state))
