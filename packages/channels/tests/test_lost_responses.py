"""A broker that takes a message, and whose response is lost: the message is published again, and kept once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from armillary.channels import Channels

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


class LosesFirstResponse:
    """Calls what it stands for, and fails the first time as if the connection had ended just then."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.calls = 0

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        result = await self._call(*args, **kwargs)
        if self.calls == 1:
            raise ConnectionResetError("the response is lost")
        return result


async def test_a_message_whose_response_is_lost_is_kept_and_delivered_once(
    broker: str, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    channels: Channels = await make()
    engine: Any = channels._hub.engine
    owner, name = {
        "redis": (engine, "_run_publish"),
        "nats": (getattr(engine, "_jetstream", None), "publish"),
        "postgresql": (getattr(engine, "_writer", None), "execute"),
    }[broker]
    async with channels.subscribe("room:7") as messages:
        loses = LosesFirstResponse(getattr(owner, name))
        monkeypatch.setattr(owner, name, loses)
        first = await channels.publish("room:7", "once")
        await channels.publish("room:7", "last")
        assert loses.calls == 3
        received = [await anext(messages), await anext(messages)]
    assert [(message.data, message.cursor == first) for message in received] == [("once", True), ("last", False)]  # type: ignore[union-attr]
    assert [message.data for message in await channels.history("room:7")] == ["once", "last"]
