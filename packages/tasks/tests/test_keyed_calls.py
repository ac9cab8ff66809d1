"""Two requests at once with one key: one call, and whoever asks for it gets its outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from armillary.tasks import EnqueuedTask, Tasks

pytestmark = [pytest.mark.anyio, pytest.mark.engines("memory")]


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


async def test_an_outcome_is_kept_although_the_request_that_claimed_the_key_writes_its_status_late(
    make_tasks: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = make_tasks()
    claimed, ended = anyio.Event(), anyio.Event()
    runs: list[str] = []

    @tasks.task(name="bill")
    async def bill(customer: str) -> str:
        runs.append(customer)
        return customer

    def late(write: Callable[..., Any]) -> Callable[..., Any]:
        async def written(key: str, value: bytes, ttl: float) -> Any:
            if key.startswith("task:") and not claimed.is_set():
                claimed.set()
                await ended.wait()
            return await write(key, value, ttl)

        return written

    async with tasks.running():
        state = tasks.engine.state
        monkeypatch.setattr(state, "set", late(state.set))
        monkeypatch.setattr(state, "add", late(state.add))
        keyed = bill.options(key="k")
        enqueued: list[EnqueuedTask[str]] = []

        async def slow() -> None:
            enqueued.append(await keyed.enqueue("ada"))

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(slow)
                await claimed.wait()
                second = await keyed.enqueue("ada")
                assert await second.result() == "ada"
                ended.set()
            assert enqueued[0].id == second.id
            assert (await enqueued[0].status()).status == "succeeded"
            assert await enqueued[0].result() == "ada"
    assert runs == ["ada"]
