"""Noticing that the client went away while a response is being sent."""

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


async def run_while_connected(wait: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[None]]) -> bool:
    """Await `work()` in this task, cancelled as soon as `wait()` returns.

    Args:
        wait: returns when the work is no longer wanted; it is cancelled when the work is done.
        work: what to do meanwhile.

    Returns:
        Whether the work came to its end.

    Raises:
        Exception: what the work or the waiting raised, never in an exception group.
    """
    from anyio import create_task_group

    failure: Exception | None = None
    finished = False

    async def watch() -> None:
        nonlocal failure
        try:
            await wait()
        except Exception as exc:
            failure = exc
        group.cancel_scope.cancel()

    async with create_task_group() as group:
        group.start_soon(watch)
        try:
            await work()
            finished = True
        except Exception as exc:
            failure = exc
        group.cancel_scope.cancel()
    if failure is not None:
        try:
            raise failure
        finally:
            failure = None  # its traceback holds this frame
    return finished
