"""The status of a task as a response: once, or as a stream of server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio

from armillary.http import (
    EventSourceResponse,
    JSONResponse,
    ProblemResponse,
    Response,
    ServerSentEvent,
    best_media_type,
)

from ._task import EnqueuedTask

EVENTS = "text/event-stream"


async def status_response(request: Any, task: EnqueuedTask[Any], *, interval: float = 0.5) -> Response:
    """Return the status of a task: as JSON, or as events until it ends if the client accepts `text/event-stream`.

    The document is that of `Status`: status, attempt, and if known progress, result and error. Check first whether the
    user may see the task: whoever knows its id could.

    Args:
        request: whose Accept header decides.
        task: from `enqueue` or `tasks.find(id)`.
        interval: seconds between two looks.

    Returns:
        A 404 if nothing is known about the task.
    """
    status = await task.status()
    if status is None:
        return ProblemResponse(404, "There is no such task, or its result has expired.")
    accepted = best_media_type(request.headers.get("accept", "*/*"), ["application/json", EVENTS])
    if accepted == EVENTS:
        return EventSourceResponse(status_events(task, interval))
    return JSONResponse(status.as_dict(), headers={"cache-control": "no-store", "vary": "accept"})


async def status_events(task: EnqueuedTask[Any], interval: float) -> AsyncGenerator[ServerSentEvent]:
    """Yield an event for each status that differs from the one before, until the task ends."""
    before = None
    while True:
        status = await task.status()
        if status is None:
            return
        document = status.as_dict()
        if document != before:
            before = document
            yield ServerSentEvent(json.dumps(document), event="status")
        if status.is_final:
            return
        await anyio.sleep(interval)
