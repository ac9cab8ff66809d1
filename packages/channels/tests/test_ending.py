"""Channels end, whatever the library of the broker makes of being cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from testkit import require_port

from armillary.channels import Channels
from armillary.channels._redis import RedisEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


async def test_channels_end_although_a_library_drops_the_cancellation_of_what_receives(
    monkeypatch: pytest.MonkeyPatch, anyio_backend: Any
) -> None:
    require_port(6379)

    async def receive(engine: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:  # as `asyncio.wait_for` does before Python 3.12
            await asyncio.sleep(60)

    monkeypatch.setattr(RedisEngine, "_receive", receive)
    channels = Channels("redis://127.0.0.1:6379/0", prefix="ending")
    async with channels:
        await asyncio.sleep(0.01)
        with anyio.fail_after(5):
            await channels.aclose()
