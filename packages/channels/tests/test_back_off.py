"""A broker that is away is tried again at growing intervals, which processes do not share."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from armillary.channels import Channels
from armillary.channels._asyncio import FIRST_DELAY, MAX_DELAY
from armillary.channels._redis import RedisEngine

pytestmark = pytest.mark.anyio
FAILURES = 9


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


async def test_the_pauses_between_attempts_grow_to_a_limit_and_differ_and_begin_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    breaks = left = 0
    over = asyncio.Event()
    sleep = asyncio.sleep

    async def record(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    async def connect(engine: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            raise ConnectionRefusedError

    async def receive(engine: Any) -> None:
        nonlocal breaks, left
        breaks += 1
        if breaks > 2:
            over.set()
            await asyncio.Event().wait()
        left = FAILURES
        raise ConnectionResetError

    monkeypatch.setattr(RedisEngine, "_connect", connect)
    monkeypatch.setattr(RedisEngine, "_receive", receive)
    monkeypatch.setattr("armillary.channels._asyncio.asyncio.sleep", record)
    async with Channels("redis://127.0.0.1:1"):
        with anyio.fail_after(10):
            await over.wait()
    first, second = pauses[: FAILURES + 1], pauses[FAILURES + 1 :]
    for outage in (first, second):
        longest = [min(FIRST_DELAY * 2**number, MAX_DELAY) for number in range(FAILURES + 1)]
        assert all(one / 2 <= pause <= one for pause, one in zip(outage, longest, strict=True))
    assert first != second
