"""Results as parts of a multipart body (RFC 2046), in the formats of incremental delivery and of Apollo's clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from armillary.serialization import encode_json

HEARTBEAT_SECONDS = 5.0

INCREMENTAL_TYPE = 'multipart/mixed; boundary="-"'
SUBSCRIPTION_TYPE = 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'

_PART_HEADERS = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"


async def incremental_parts(values: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    """Yield each value as a part, and the closing delimiter."""
    # A client knows that a part is complete only by the delimiter after it, so the two are sent together.
    delimiter = lead = b"\r\n---"
    try:
        async for value in values:
            yield lead + _PART_HEADERS + encode_json(value) + delimiter
            lead = b""
        yield lead + b"--\r\n"
    finally:
        await values.aclose()


async def subscription_parts(
    values: AsyncGenerator[dict[str, Any]], heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncGenerator[bytes]:
    """Yield each value as a part of the multipart subscription protocol, with heartbeats between them."""
    delimiter = lead = b"\r\n--graphql"
    beating = with_heartbeats(values, heartbeat)
    try:
        async for value in beating:
            payload = {} if value is None else {"payload": value}
            yield lead + _PART_HEADERS + encode_json(payload) + delimiter
            lead = b""
        yield lead + b"--\r\n"
    finally:
        await beating.aclose()


async def with_heartbeats(values: AsyncGenerator[Any], seconds: float) -> AsyncGenerator[Any]:
    """Yield the values, and None after each interval without one; close the generator at the end.

    The generator runs and is closed in one task, as it may keep a task group or a cancel scope open
    between two values.
    """
    handoff = _Handoff()
    producing = asyncio.create_task(handoff.produce(values))
    try:
        while True:
            try:
                async with asyncio.timeout(seconds):
                    found, value = await handoff.values.get()
            except TimeoutError:
                yield None
                continue
            if not found:
                break
            yield value
            handoff.consumed.set()
        await producing
    finally:
        producing.cancel()
        await asyncio.wait((producing,))


class _Handoff:
    """Passes values from one task to another, each after the one before was consumed."""

    def __init__(self) -> None:
        self.values: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        self.consumed = asyncio.Event()

    async def produce(self, values: AsyncGenerator[Any]) -> None:
        try:
            async with aclosing(values):
                async for value in values:
                    self.consumed.clear()
                    self.values.put_nowait((True, value))
                    await self.consumed.wait()
        finally:
            self.values.put_nowait((False, None))
