"""Noticing, while a response is being sent, that it is no longer wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache

from asterism.asgi_types import Receive, Scope


@lru_cache(16)
def _at_least_2_4(spec_version: str) -> bool:
    try:
        return tuple(map(int, spec_version.split("."))) >= (2, 4)
    except ValueError:
        return False


def send_raises_when_gone(scope: Scope) -> bool:
    """Tell whether the server's `send` raises `OSError` once the client is gone (ASGI HTTP spec 2.4).

    >>> send_raises_when_gone({"asgi": {"spec_version": "2.4"}})
    True
    """
    versions = scope.get("asgi")
    return versions is not None and _at_least_2_4(versions.get("spec_version", "2.0"))


async def until_disconnect(receive: Receive) -> None:
    """Return when the client is gone; messages of an unread request body are dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def run_until(work: Callable[[], Awaitable[None]], *waits: Callable[[], Awaitable[None]]) -> int | None:
    """Await `work()` in this task, cancelled as soon as one of `waits` returns.

    Args:
        work: what to do; it keeps this task and its context.
        *waits: each runs in a task of its own, cancelled when the work is done.

    Returns:
        None where the work came to its end, else the index of the wait that ended it.

    Raises:
        Exception: what the work or a wait raised, never in an exception group.
    """
    from anyio import create_task_group

    failure: Exception | None = None
    ended_by: int | None = None

    async def watch(index: int) -> None:
        nonlocal failure, ended_by
        try:
            await waits[index]()
            ended_by = index
        except Exception as exc:
            failure = exc
        group.cancel_scope.cancel()

    async with create_task_group() as group:
        for index in range(len(waits)):
            group.start_soon(watch, index)
        try:
            await work()
            ended_by = None
        except Exception as exc:
            failure = exc
        group.cancel_scope.cancel()
    if failure is not None:
        try:
            raise failure
        finally:
            failure = None  # its traceback holds this frame
    return ended_by
