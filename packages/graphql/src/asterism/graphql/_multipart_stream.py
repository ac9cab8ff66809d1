"""Results as parts of a multipart body (RFC 2046), as incremental delivery and Apollo's clients take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

from asterism.http import encode_json

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
    try:
        async for value in with_heartbeats(values, heartbeat):
            payload = {} if value is None else {"payload": value}
            yield lead + _PART_HEADERS + encode_json(payload) + delimiter
            lead = b""
        yield lead + b"--\r\n"
    finally:
        await values.aclose()


async def with_heartbeats(values: AsyncIterator[Any], seconds: float) -> AsyncGenerator[Any]:
    """Give the values, and None whenever none came for so many seconds."""
    coming: asyncio.Future[Any] | None = None
    try:
        while True:
            if coming is None:
                coming = asyncio.ensure_future(_following(values))
            done, _ = await asyncio.wait((coming,), timeout=seconds)
            if not done:
                yield None
                continue
            found, value = coming.result()
            coming = None
            if not found:
                return
            yield value
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


async def _following(values: AsyncIterator[Any]) -> tuple[bool, Any]:
    try:
        return True, await anext(values)
    except StopAsyncIteration:
        return False, None
