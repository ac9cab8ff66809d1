"""Whether a database responds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from armillary.asgi_types import HTTPException

from .._shield import start_detached


class Readiness(NamedTuple):
    """Whether a database responds; `reason` says why it does not."""

    ready: bool
    reason: str = ""


async def check_readiness(connect: Callable[[], AsyncConnection], timeout: float) -> Readiness:
    """Run a statement on a new or an idle connection.

    It runs in a separate task, which is left to its deadline after the time-out: on a silent network a driver takes
    seconds to cancel a statement.
    """
    found = Readiness(False, f"no response in {timeout:g} s")

    async def check() -> None:
        nonlocal found
        try:
            connection = await connect()
            try:
                await connection.exec_driver_sql("SELECT 1")
            finally:
                await asyncio.shield(start_detached(connection.close()))  # `finish_shielded` waits for it
            found = Readiness(True)
        except HTTPException as exc:
            found = Readiness(False, exc.detail)
        except (SQLAlchemyError, OSError) as exc:
            found = Readiness(False, type(exc).__name__)

    task = start_detached(check())
    try:
        await asyncio.wait({task}, timeout=timeout)
        return found
    finally:
        task.cancel()
