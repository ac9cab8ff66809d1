"""Brokers that end, hang or cancel what awaits them: that is an error like others, and closing ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from armillary.tasks import EngineUnavailable, Tasks, _broker_engine
from armillary.tasks._broker_engine import BrokerEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class FakeState:
    """A state that can be refused, or that never closes."""

    def __init__(self, *, is_unreachable: bool = False, closes: bool = True) -> None:
        self._is_unreachable = is_unreachable
        self._closes = closes

    async def start(self) -> None:
        if self._is_unreachable:
            raise OSError("refused")

    async def close(self) -> None:
        if not self._closes:
            await asyncio.Event().wait()


class FakeBroker:
    """A broker that delivers nothing."""

    is_worker_process = False

    async def startup(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def listen(self) -> AsyncGenerator[bytes]:
        return
        yield


class CancellingBroker(FakeBroker):
    """A broker whose library cancels what waits for its end."""

    async def shutdown(self) -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future


def engine_on(state: FakeState, broker: type[FakeBroker] = FakeBroker) -> BrokerEngine:
    make: Any = broker
    kept: Any = state
    return BrokerEngine(make, kept, "X at y", 1.0)


async def test_tasks_end_although_their_state_never_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_broker_engine, "CLOSE_SECONDS", 0.05)
    tasks = Tasks()
    tasks.engine = engine_on(FakeState(closes=False))
    async with tasks.running():
        pass


async def test_a_start_that_fails_is_unavailable_although_the_state_never_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_broker_engine, "CLOSE_SECONDS", 0.05)
    with pytest.raises(EngineUnavailable, match="X at y cannot be reached: refused"):
        await engine_on(FakeState(is_unreachable=True, closes=False)).start()


async def test_tasks_end_although_the_library_cancels_what_closes_its_broker() -> None:
    tasks = Tasks()
    tasks.engine = engine_on(FakeState(), CancellingBroker)
    async with tasks.running():
        pass


async def test_a_broker_that_delivers_no_more_is_an_error_that_says_so() -> None:
    engine = engine_on(FakeState())
    with pytest.raises(ConnectionError, match="the broker delivers no more"):
        await anext(engine.listen())
    await engine.close()
