"""A check for engines whose libraries support asyncio only."""

from __future__ import annotations

import asyncio


def require_asyncio(engine: str) -> None:
    """Raise a RuntimeError that names the engine, unless asyncio runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            f'{engine} needs asyncio, as Taskiq does; under trio use Tasks("memory://"), which runs tasks in the '
            "process itself"
        ) from None
