"""Lifespans: what runs before the first connection and after the last.

No task is started here. A lifespan is an async context manager around the serving of
connections; what it yields becomes the state of each connection. Applications mounted with
`lifespan=True` are listed by `Router.mounted_lifespans()`: routers among them are entered here,
for others the application above runs the ASGI protocol.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, cast

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, scope_record

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
        BaseException: whatever the context raised, once the failure was sent to the server.
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


def mounts_to_run(router: Any, scope: Scope) -> list[MountedLifespan]:
    """Return the mounted applications whose lifespan is not run yet, and list them as run.

    `scope["armillary"]["lifespan_apps"]` lists those that run; an application above that composes
    lifespans itself has listed them before it calls the router.
    """
    listed = scope_record(scope).setdefault("lifespan_apps", [])
    found = [mounted for mounted in router.mounted_lifespans() if not any(mounted.app is running for running in listed)]
    listed.extend(mounted.app for mounted in found)
    return found


@asynccontextmanager
async def lifespan_with_mounts(router: Any, app: Any, scope: Scope) -> AsyncGenerator[Mapping[str, Any] | None, None]:
    """Enter the lifespans of a router and of the routers mounted on it; leave in reverse order.

    Args:
        router: its own lifespan is entered first.
        app: what the lifespan is called with.
        scope: the lifespan scope, which takes the mounted routers' state.
    """
    mounts = mounts_to_run(router, scope)
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(router.lifespan_context(app))
        for mounted in mounts:
            await _enter_mounted(stack, mounted, scope)
        yield state


async def _enter_mounted(stack: AsyncExitStack, mounted: MountedLifespan, scope: Scope) -> None:
    context = getattr(mounted.app, "lifespan_context", None)
    if context is None:
        raise RuntimeError(
            f"A router alone cannot run the lifespan of {mounted.app!r}, mounted at {mounted.path!r}: "
            "serve it inside armillary.applications.Armillary, or mount it without lifespan=True"
        )
    await stack.enter_async_context(_named_lifespan(context(mounted.app), mounted.path, scope))
    for below in mounts_to_run(mounted.app, scope):
        await _enter_mounted(stack, below, scope)


@asynccontextmanager
async def _named_lifespan(
    context: AbstractAsyncContextManager[Mapping[str, Any] | None], path: str, scope: Scope
) -> AsyncGenerator[None, None]:
    """Run a mounted lifespan; its exceptions, and no others, name the mount."""
    inside: BaseException | None = None
    try:
        async with context as state:
            add_state(scope, state)
            try:
                yield
            except BaseException as exc:
                inside = exc
                raise
    except BaseException as exc:
        if exc is not inside:
            exc.add_note(f"in the lifespan of the application mounted at {path!r}")
        raise
