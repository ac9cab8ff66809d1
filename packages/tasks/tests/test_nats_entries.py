"""Entries in NATS: what is read is complete, and what was taken leaves nothing behind."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from nats.aio.msg import Msg

from armillary.tasks.engines import _nats_entries
from armillary.tasks.engines._nats_entries import BATCH
from armillary.tasks.engines._nats_state import encoded

pytestmark = [pytest.mark.anyio, pytest.mark.engines("nats")]


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


async def test_more_entries_than_one_batch_are_read_whole(make_tasks: Any) -> None:
    tasks = make_tasks()
    async with tasks.running():
        for number in range(BATCH + 1):
            await tasks.engine.state.put("box", str(number), b"%d" % number, float(number))
        found = await tasks.engine.state.entries("box", limit=10 * BATCH)
    assert found == [(str(number), b"%d" % number) for number in range(BATCH + 1)]


async def test_of_many_who_take_an_entry_one_gets_it_and_no_marker_is_left(make_tasks: Any) -> None:
    tasks = make_tasks()
    taken: list[Any] = []
    async with tasks.running():
        state = tasks.engine.state

        async def take(name: str) -> None:
            taken.append(await state.take("box", name))

        for name in "abc":
            await state.put("box", name, name.encode(), 1.0)
        async with anyio.create_task_group() as group:
            for name in "aaabbb":
                group.start_soon(take, name)
        assert sorted(one for one in taken if one) == [b"a", b"b"]
        assert await state.entries("box") == [("c", b"c")]
        stream = state._stream("box")
        assert (await state._client.jetstream().stream_info(stream)).state.messages == 1


async def test_markers_that_are_there_are_no_entries(make_tasks: Any) -> None:
    tasks = make_tasks()
    async with tasks.running():
        state = tasks.engine.state
        for name in "ab":
            await state.put("box", name, name.encode(), 1.0)
        await (await state._collection("box")).delete(encoded("a"))
        assert await state.entries("box") == [("b", b"b")]


async def test_an_entry_that_was_put_again_is_the_new_one(make_tasks: Any) -> None:
    tasks = make_tasks()
    async with tasks.running():
        state = tasks.engine.state
        await state.put("box", "a", b"old", 1.0)
        assert await state.take("box", "a") == b"old"
        await state.put("box", "a", b"new", 2.0)
        await state.put("box", "a", b"newest", 3.0)
        assert await state.entries("box") == [("a", b"newest")]
        assert await state.take("box", "a") == b"newest"
        assert await state.entries("box") == []


async def test_an_entry_that_changes_while_it_is_read_is_found_once(
    make_tasks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = make_tasks()
    monkeypatch.setattr(_nats_entries, "BATCH", 2)
    read_batch = _nats_entries._read_batch
    async with tasks.running():
        state = tasks.engine.state

        async def change_after_the_first(*args: Any) -> bool:
            is_more = await read_batch(*args)
            monkeypatch.setattr(_nats_entries, "_read_batch", read_batch)
            await state.put("box", "a", b"new", 1.0)
            return is_more

        monkeypatch.setattr(_nats_entries, "_read_batch", change_after_the_first)
        for name in "abc":
            await state.put("box", name, name.encode(), 1.0)
        assert await state.entries("box") == [("a", b"new"), ("b", b"b"), ("c", b"c")]


async def test_a_batch_that_the_server_ends_early_is_an_error_and_no_end(make_tasks: Any) -> None:
    class Deleted:
        """What a server sends to an inbox when the consumer is deleted."""

        subject = "nobody"

        async def next_msg(self, timeout: float) -> Any:
            return Msg(_client=None, headers={"Status": "409"})  # type: ignore[arg-type]

    tasks = make_tasks()
    async with tasks.running():
        with pytest.raises(ConnectionError, match="409"):
            await _nats_entries._read_batch(tasks.engine.state._client, "nobody", Deleted(), {}, 1)
