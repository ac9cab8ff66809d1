"""Reading ahead of the handler, so that a disconnect is detected while the handler sends.

Rules: while it runs, only the reader calls the server's `receive`; messages leave it in the
order they came; the end of the connection, whatever its cause, comes after them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING

from ._queue import MessageQueue

if TYPE_CHECKING:
    from anyio.abc import TaskGroup


class Reader:
    """A task that fills a queue for the length of an `async with` block.

    An exception of the block is raised unchanged, never in a group; one of the reader is kept
    as the queue's end.

    Args:
        queue: where messages go.
        read: fills the queue until the connection ends.
    """

    __slots__ = ("_group", "_read", "queue")

    def __init__(self, queue: MessageQueue, read: Callable[[MessageQueue], Awaitable[None]]) -> None:
        self.queue = queue
        self._read = read
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Reader:
        from anyio import create_task_group

        self._group = await create_task_group().__aenter__()
        self._group.start_soon(self._run)
        return self

    async def _run(self) -> None:
        try:
            await self._read(self.queue)
        except Exception as exc:
            self.queue.end(exc)

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        group = self._group
        assert group is not None
        group.cancel_scope.cancel()
        try:
            if exc is None or isinstance(exc, (Exception, KeyboardInterrupt, SystemExit)):
                await group.__aexit__(None, None, None)
            else:
                await group.__aexit__(kind, exc, traceback)
        finally:
            self.queue.abandon()
