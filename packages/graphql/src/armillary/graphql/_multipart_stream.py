"""Results as parts of a multipart body (RFC 2046), as incremental delivery and Apollo's clients take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from armillary.http import encode_json

HEARTBEAT_SECONDS = 5.0

INCREMENTAL_TYPE = 'multipart/mixed; boundary="-"'
SUBSCRIPTION_TYPE = 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'

_PART_HEADERS = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"


async def incremental_parts(values: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    """Give each value as a part, and the end."""
    # Only the delimiter after a part tells a client that it is complete, so it is sent with the part.
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
    """Give each value as a part by the multipart subscription protocol, and heartbeats between them."""
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
    """Give the values, and None whenever none came for so many seconds; close what gives them.

    The values come from one task, in which they are also closed: a generator may hold a task group
    or a cancel scope open from one to the next.
    """
    hand = _Hand()
    giving = asyncio.create_task(hand.give_all(values))
    try:
        while True:
            try:
                async with asyncio.timeout(seconds):
                    found, value = await hand.given.get()
            except TimeoutError:
                yield None
                continue
            if not found:
                break
            yield value
            hand.taken.set()
        await giving
    finally:
        giving.cancel()
        await asyncio.wait((giving,))


class _Hand:
    """Passes values from one task to another, each when the one before was used."""

    def __init__(self) -> None:
        self.given: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        self.taken = asyncio.Event()

    async def give_all(self, values: AsyncGenerator[Any]) -> None:
        try:
            async with aclosing(values):
                async for value in values:
                    self.taken.clear()
                    self.given.put_nowait((True, value))
                    await self.taken.wait()
        finally:
            self.given.put_nowait((False, None))
