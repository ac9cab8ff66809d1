"""A check for stores whose libraries support asyncio only."""

from __future__ import annotations

import asyncio


def require_asyncio(store: str) -> None:
    """Raise a RuntimeError that names the store, unless asyncio runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(f"{store} needs asyncio, as the library under it does; under trio use MemoryStore") from None
