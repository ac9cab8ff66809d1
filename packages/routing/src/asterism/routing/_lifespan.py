"""Lifespans: what runs before the first connection and after the last.

No task is started here. A lifespan is an async context manager around the serving of
connections; what it yields becomes the state of each connection. Applications mounted with
`lifespan=True` are listed by `Router.mounted_lifespans()`: routers among them are entered here,
for any other the application above runs the ASGI protocol, since that takes a task.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, cast

from asterism.asgi_types import ASGIApp, Receive, Scope, Send

LifespanContext = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]

_GENERATOR_FLAGS = 0x20 | 0x200  # inspect.CO_GENERATOR, inspect.CO_ASYNC_GENERATOR


class MountedLifespan(NamedTuple):
    """An application whose lifespan is to run with that of the router it is mounted on.

    Attributes:
        path: where it is mounted, such as "/admin", to name it in errors.
        app: the application, without the middleware of its mount.
    """

    path: str
    app: ASGIApp


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
        name = getattr(lifespan, "__name__", "lifespan")
        raise TypeError(f"lifespan {name} is a generator function; decorate it with @contextlib.asynccontextmanager")
    return cast(LifespanContext, lifespan)


def add_state(scope: Scope, state: object) -> None:
    """Give what a lifespan yielded to the connections to come.

    Raises:
        RuntimeError: where the server keeps no state.
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


def _failure(exc: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(exc))


async def serve_lifespan(
    context: AbstractAsyncContextManager[Mapping[str, Any] | None], scope: Scope, receive: Receive, send: Send
) -> None:
    """Run the ASGI lifespan protocol around a context manager.

    Args:
        context: entered at start-up, left at shutdown; what it yields is added to the state.
        scope, receive, send: of the lifespan connection.

    Raises:
        BaseException: whatever the context raised, once the server was told.
    """
    await receive()
    started = False
    try:
        async with context as state:
            add_state(scope, state)
            await send({"type": "lifespan.startup.complete"})
            started = True
            await receive()
    except BaseException as exc:
        stage = "shutdown" if started else "startup"
        await send({"type": f"lifespan.{stage}.failed", "message": _failure(exc)})
        raise
    await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def entered_with_mounts(router: Any, app: Any, scope: Scope) -> AsyncGenerator[Mapping[str, Any] | None, None]:
    """Enter the lifespans of a router and of the routers mounted on it; leave in reverse order.

    Args:
        router: its own lifespan is entered first.
        app: what the lifespan is called with.
        scope: the lifespan scope, which takes the mounted routers' state.
    """
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(router.lifespan_context(app))
        for mounted in router.mounted_lifespans():
            own = getattr(mounted.app, "lifespan_context", None)
            if own is None:
                raise RuntimeError(
                    f"The lifespan of {mounted.app!r}, mounted at {mounted.path!r}, needs a task of its own: "
                    "serve the router inside asterism.applications.Asterism, or mount it without lifespan=True"
                )
            try:
                add_state(scope, await stack.enter_async_context(own(mounted.app)))
            except BaseException as exc:
                exc.add_note(f"in the lifespan of the application mounted at {mounted.path!r}")
                raise
        yield state
