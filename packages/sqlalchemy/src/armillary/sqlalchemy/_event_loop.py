"""SQLAlchemy's async sessions support asyncio only."""

from __future__ import annotations

import asyncio


def require_asyncio(what: str) -> None:
    """Raise a RuntimeError naming `what`, unless asyncio runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            f"{what} needs asyncio, as SQLAlchemy's async sessions do: run under asyncio, not trio, "
            "and declare the function `async def`, since a sync one runs in a worker thread"
        ) from None
