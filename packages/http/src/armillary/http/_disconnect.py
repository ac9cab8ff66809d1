"""Detecting a client disconnect while a response is being sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from armillary.asgi_types import CachedBody, Receive, Scope

from ._disconnect_poll import MAX_UNREAD, on_asyncio
from ._received_body import BodyWatch, shared_body

_BODY_CHECK_SECONDS = 0.1


@lru_cache(16)
def _at_least_2_4(spec_version: str) -> bool:
    try:
        return tuple(map(int, spec_version.split("."))) >= (2, 4)
    except ValueError:
        return False


def send_raises_after_disconnect(scope: Scope) -> bool:
    """Return whether the server's `send` raises `OSError` once the client has disconnected (ASGI HTTP spec 2.4).

    >>> send_raises_after_disconnect({"asgi": {"spec_version": "2.4"}})
    True
    """
    versions = scope.get("asgi")
    return versions is not None and _at_least_2_4(versions.get("spec_version", "2.0"))


async def until_disconnect(scope: Scope, receive: Receive) -> None:
    """Return when the client has disconnected.

    A request body that the response itself reads, as an echo does, is left to it: its reader
    receives the disconnect. While nobody reads the body, its messages are received here and kept for
    a reader that may come. Of a body that was never read only the first are kept; a longer one is
    dropped and can no longer be read. Of one that was read in part the rest stays with the
    server, so that a client that goes on sending it, and is not read, is not seen to leave.
    """
    body = shared_body(scope, receive)
    while not (body.complete or body.disconnected or _has_last_message(body)):
        if body.receiving:
            from anyio import sleep

            await sleep(_BODY_CHECK_SECONDS)
        else:
            await _receive_for_reader(body, receive)
    if body.disconnected:
        return
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_last_message(body: CachedBody) -> bool:
    return len(body.unread) > 0 and not body.unread[-1].get("more_body", False)


async def _receive_for_reader(body: CachedBody, receive: Receive) -> None:
    """Keep the messages of a body until it is complete, too long or being read, or the client disconnects."""
    watch = body.unread = BodyWatch(body.unread)
    kept = True
    try:
        while not watch.has_reader:
            if len(watch) >= MAX_UNREAD:
                if not body.streaming:
                    kept = False
                    return
                from anyio import sleep

                await sleep(_BODY_CHECK_SECONDS)
                continue
            message = await receive()
            if message["type"] == "http.disconnect":
                body.disconnected = True
                return
            watch.add(message)
            if not message.get("more_body", False):
                return
    finally:
        watch.end(body, kept)


class _RunOutcome:
    """How the work and the waits running beside it ended."""

    __slots__ = ("ended_by", "failure")

    def __init__(self) -> None:
        self.ended_by: int | None = None
        self.failure: Exception | None = None

    async def wait(self, index: int, wait: Callable[[], Awaitable[None]], cancel: Callable[[], None]) -> None:
        try:
            await wait()
            self.ended_by = index
        except Exception as exc:
            self.failure = exc
        cancel()

    async def work(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
            self.ended_by = None
        except Exception as exc:
            self.failure = exc

    def result(self) -> int | None:
        failure, self.failure = self.failure, None  # its traceback refers back to this object
        if failure is not None:
            raise failure
        return self.ended_by


async def run_until(work: Callable[[], Awaitable[None]], *waits: Callable[[], Awaitable[None]]) -> int | None:
    """Await `work()` in this task, cancelled as soon as one of `waits` returns.

    Args:
        work: what to do; it keeps this task and its context.
        *waits: each runs in a separate task, started when the work first suspends and cancelled when it is done.

    Returns:
        None if the work finished, else the index of the wait that ended it.

    Raises:
        Exception: what the work or a wait raised, never in an exception group.
    """
    outcome = _RunOutcome()
    await (_run_on_asyncio if on_asyncio() else _run_anywhere)(outcome, work, waits)
    return outcome.result()


async def _run_anywhere(
    outcome: _RunOutcome, work: Callable[[], Awaitable[None]], waits: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    from anyio import create_task_group

    from armillary.concurrency import call_if_suspended

    async with create_task_group() as group:
        cancel = group.cancel_scope.cancel

        def start_waits() -> None:
            for index, wait in enumerate(waits):
                group.start_soon(outcome.wait, index, wait, cancel)

        await call_if_suspended(start_waits, outcome.work(work))
        cancel()


async def _run_on_asyncio(
    outcome: _RunOutcome, work: Callable[[], Awaitable[None]], waits: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    # A task group costs more than a short stream does, and is not needed here: the waits store
    # their exceptions instead of raising them, and all of them are done when this returns.
    import asyncio

    from anyio import CancelScope

    from armillary.concurrency import call_if_suspended

    scope = CancelScope()
    tasks: list[asyncio.Task[None]] = []

    def start_waits() -> None:
        create_task = asyncio.get_running_loop().create_task
        tasks.extend([create_task(outcome.wait(index, wait, scope.cancel)) for index, wait in enumerate(waits)])

    with scope:
        try:
            await call_if_suspended(start_waits, outcome.work(work))
        finally:
            for task in tasks:
                task.cancel()
    unfinished = [task for task in tasks if not task.done()]
    if unfinished:
        await asyncio.wait(unfinished)
