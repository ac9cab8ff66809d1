"""The check that asyncio runs: Strawberry and graphql-core support no other event loop."""

from __future__ import annotations

import asyncio


def require_asyncio() -> None:
    """Raise a RuntimeError unless asyncio runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "armillary.graphql needs asyncio, as Strawberry under it does; serve this application on asyncio or uvloop"
        ) from None
