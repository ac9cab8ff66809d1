"""Who is in a room, although signals are lost, or the engine is away for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from armillary.channels import Channels
from armillary.channels._presence_hub import SILENT_BEATS

pytestmark = pytest.mark.anyio
BEAT = 0.05


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


@pytest.fixture
def engine() -> str:
    return "redis"


@pytest.fixture(autouse=True)
def fast_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.channels._presence_hub.BEAT_SECONDS", BEAT)


async def until(channels: Channels, keys: list[str]) -> None:
    with anyio.fail_after(20):
        while [member.key for member in await channels.presence("room").members()] != keys:
            await anyio.sleep(0.01)


@pytest.mark.parametrize("lost", [b'"join"', b'"leave"'])
async def test_a_change_whose_signal_is_lost_is_learned_by_the_next_beat(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, lost: bytes
) -> None:
    one, other = await make(), await make()
    signal = one._hub.engine.signal

    async def lose(payload: bytes) -> None:
        if lost not in payload:
            await signal(payload)

    await until(other, [])
    monkeypatch.setattr(one._hub.engine, "signal", lose)
    async with one.presence("room").join("ada"):
        await until(other, ["ada"])
    await until(other, [])


async def test_nobody_is_missed_while_the_engine_is_away(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await make(), await make()
    async with one.presence("room").join("ada"):
        await until(other, ["ada"])
        monkeypatch.setattr(other._hub, "on_signal", None)  # nothing comes
        monkeypatch.setattr(other._hub.engine, "available", False)
        await anyio.sleep(3 * SILENT_BEATS * BEAT)
        assert [member.key for member in await other.presence("room").members()] == ["ada"]
        monkeypatch.setattr(other._hub.engine, "available", True)
        await until(other, [])
