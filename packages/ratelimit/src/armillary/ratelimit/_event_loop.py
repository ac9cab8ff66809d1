"""The check that a store whose library needs asyncio runs on asyncio."""

from __future__ import annotations


def require_asyncio() -> None:
    """Raise a RuntimeError unless asyncio is running."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "a rate limit's network store needs asyncio, as the library under it does; under trio use 'memory://'"
        ) from None
