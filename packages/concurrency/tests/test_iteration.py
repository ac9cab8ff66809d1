from __future__ import annotations

import threading
from collections.abc import Iterator

import anyio
import anyio.from_thread
import pytest

from armillary.concurrency import Limiter, iterate_in_threadpool


@pytest.mark.anyio
async def test_items_arrive_in_order_from_another_thread() -> None:
    threads: set[int] = set()

    def numbers() -> Iterator[int]:
        for number in range(4):
            threads.add(threading.get_ident())
            yield number

    assert [number async for number in iterate_in_threadpool(numbers())] == [0, 1, 2, 3]
    assert threading.get_ident() not in threads


@pytest.mark.anyio
async def test_any_iterable_is_accepted() -> None:
    assert [item async for item in iterate_in_threadpool("abc")] == ["a", "b", "c"]
    assert [item async for item in iterate_in_threadpool([])] == []


@pytest.mark.anyio
async def test_none_and_stop_iteration_are_not_taken_for_the_end() -> None:
    assert [item async for item in iterate_in_threadpool([None, StopIteration, None])] == [None, StopIteration, None]


@pytest.mark.anyio
async def test_an_exception_between_items_keeps_its_identity() -> None:
    error = OSError("closed")

    def lines() -> Iterator[str]:
        yield "first"
        raise error

    seen: list[str] = []
    with pytest.raises(OSError) as caught:
        async for line in iterate_in_threadpool(lines()):
            seen.append(line)
    assert seen == ["first"]
    assert caught.value is error


@pytest.mark.anyio
async def test_a_generator_left_early_is_closed_in_a_thread() -> None:
    closed_in: list[int] = []

    def numbers() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed_in.append(threading.get_ident())

    items = iterate_in_threadpool(numbers())
    assert await anext(items) == 1
    await items.aclose()
    assert closed_in
    assert closed_in != [threading.get_ident()]


@pytest.mark.anyio
async def test_a_generator_is_closed_when_its_reader_is_cancelled() -> None:
    closed: list[str] = []

    def numbers() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append("closed")

    items = iterate_in_threadpool(numbers())
    with anyio.move_on_after(0.02):
        async for _ in items:
            pass
    await items.aclose()
    assert closed == ["closed"]


@pytest.mark.anyio
async def test_an_iterator_that_is_no_generator_stays_open() -> None:
    class Source:
        closed = False

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            return 1

        def close(self) -> None:
            self.closed = True

    source = Source()
    items = iterate_in_threadpool(source)
    await anext(items)
    await items.aclose()
    assert not source.closed


@pytest.mark.anyio
async def test_no_thread_is_held_between_items() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    async for _ in iterate_in_threadpool([1, 2, 3], limiter=limiter):
        assert limiter.in_use == 0


@pytest.mark.anyio
async def test_a_generator_left_early_is_closed_though_the_limiter_is_full() -> None:
    limiter = Limiter("lines", 1, max_wait=0)
    release = threading.Event()
    started = anyio.Event()
    closed: list[int] = []

    def numbers() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(1)

    def hold() -> None:
        anyio.from_thread.run_sync(started.set)
        release.wait(5)

    stream = iterate_in_threadpool(numbers(), limiter=limiter)
    assert await anext(stream) == 1
    async with anyio.create_task_group() as group:
        group.start_soon(limiter.run, hold)
        await started.wait()
        group.start_soon(stream.aclose)
        await anyio.wait_all_tasks_blocked()
        assert closed == []
        release.set()
    assert closed == [1]
