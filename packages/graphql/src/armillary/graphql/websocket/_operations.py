"""The operations that run on one WebSocket, by the ids of their client."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class RunningOperations:
    """Tasks by id.

    The id of an operation is free before its last message is sent, as a client may use it again at once.
    Its task counts until it has ended, however long that takes after it was stopped.

    Args:
        limit: tasks at the same time; None for no limit.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._by_id: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, operation_id: str) -> bool:
        return operation_id in self._by_id

    @property
    def is_full(self) -> bool:
        """Whether no further operation may start."""
        return self._limit is not None and len(self._tasks) >= self._limit

    def start(self, operation_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Run an operation in a task of its own."""
        task = asyncio.create_task(work)
        self._by_id[operation_id] = task
        self._tasks.add(task)

        def discard(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if self._by_id.get(operation_id) is done:
                del self._by_id[operation_id]

        task.add_done_callback(discard)

    def release(self, operation_id: str) -> None:
        """Make an id free for another operation; its task goes on."""
        self._by_id.pop(operation_id, None)

    def stop(self, operation_id: str) -> None:
        """Cancel an operation, if it runs, and make its id free."""
        task = self._by_id.pop(operation_id, None)
        if task is not None:
            task.cancel()

    async def stop_all(self) -> None:
        """Cancel every operation, and wait until all have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
