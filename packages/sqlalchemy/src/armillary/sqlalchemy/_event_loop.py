"""SQLAlchemy's async sessions support asyncio only."""

from __future__ import annotations

from functools import partial

from armillary.concurrency import require_asyncio as require_asyncio_for

require_asyncio = partial(
    require_asyncio_for,
    advice="run under asyncio, not trio, and declare the function `async def`, since a sync one runs in a worker "
    "thread",
)
