"""What comes faster than it is taken: while a reader catches up, and within a client of NATS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from armillary.channels import Channels

pytestmark = pytest.mark.anyio
Take = Callable[..., Any]


async def test_more_than_the_queue_holds_may_come_while_a_page_of_history_is_read(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = Channels()
    cursor = await channels.publish("room:7", "before")
    await channels.publish("room:7", 0)
    engine: Any = channels._hub.engine
    replay = engine.replay
    is_first = True

    async def replay_while_more_comes(*args: Any) -> Any:
        nonlocal is_first
        page = await replay(*args)
        if is_first:
            is_first = False
            for number in range(1, 6):
                await channels.publish("room:7", number)
        return page

    monkeypatch.setattr(engine, "replay", replay_while_more_comes)
    async with channels.subscribe("room:7", after=cursor, queue=2) as messages:
        assert await take(messages, 6) == [0, 1, 2, 3, 4, 5]
        await channels.publish("room:7", 6)
        assert await take(messages, 1) == [6]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("broker", ["nats"])
async def test_a_message_that_the_client_of_nats_has_dropped_is_read_from_the_stream(
    broker: str, make: Callable[..., Any], take: Take
) -> None:
    channels = await make()
    async with channels.subscribe("room:7") as messages:
        (subscription,) = (
            one for one in channels._hub.engine._client._subs.values() if one._cb.__qualname__.endswith("take")
        )
        deliver, dropped = subscription._cb, anyio.Event()

        async def drop_first(message: Any) -> None:
            if dropped.is_set():
                await deliver(message)
            dropped.set()

        subscription._cb = drop_first
        for number in range(3):
            await channels.publish("room:7", number)
        assert await take(messages, 3) == [0, 1, 2]
        assert dropped.is_set()
