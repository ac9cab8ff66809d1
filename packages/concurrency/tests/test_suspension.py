"""A function that is called if what is awaited suspends, and not otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from types import coroutine
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from armillary.concurrency import call_if_suspended, start_at_most, wait_at_most, yield_to_loop

pytestmark = pytest.mark.anyio


class Guard:
    def __init__(self) -> None:
        self.calls = 0

    def start(self) -> None:
        self.calls += 1


async def test_what_never_suspends_starts_nothing() -> None:
    async def at_once() -> str:
        return "done"

    guard = Guard()
    assert await call_if_suspended(guard.start, at_once()) == "done"
    assert guard.calls == 0


async def test_what_suspends_starts_it_once() -> None:
    async def waiting() -> str:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        return "done"

    guard = Guard()
    assert await call_if_suspended(guard.start, waiting()) == "done"
    assert guard.calls == 1


async def test_an_object_with_await_may_be_awaited() -> None:
    class Waiting:
        def __await__(self) -> Generator[Any, Any, str]:
            yield from anyio.lowlevel.checkpoint().__await__()
            return "done"

    guard = Guard()
    assert await call_if_suspended(guard.start, Waiting()) == "done"
    assert guard.calls == 1


async def test_waits_nest() -> None:
    outer, inner = Guard(), Guard()
    await call_if_suspended(outer.start, call_if_suspended(inner.start, anyio.lowlevel.checkpoint()))
    assert (outer.calls, inner.calls) == (1, 1)


@pytest.mark.parametrize("suspends", [True, False])
async def test_an_exception_keeps_its_identity(suspends: bool) -> None:
    error = LookupError("gone")

    async def failing() -> None:
        if suspends:
            await anyio.lowlevel.checkpoint()
        raise error

    with pytest.raises(LookupError) as caught:
        await call_if_suspended(Guard().start, failing())
    assert caught.value is error


async def test_a_cancellation_reaches_what_is_awaited() -> None:
    cleaned = False

    async def forever() -> None:
        nonlocal cleaned
        try:
            await anyio.sleep_forever()
        finally:
            cleaned = True

    with anyio.CancelScope() as scope:
        await call_if_suspended(scope.cancel, forever())
    assert scope.cancelled_caught
    assert cleaned


async def test_if_the_function_fails_what_is_awaited_is_closed() -> None:
    closed = False

    @coroutine
    def waiting() -> Generator[Any, Any, None]:
        nonlocal closed
        try:
            yield from anyio.lowlevel.checkpoint().__await__()
        finally:
            closed = True

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await call_if_suspended(fail, waiting())
    assert closed


class Steps:
    """The awaitable of a server that is not written in Python: an iterator, without the methods of a generator."""

    def __init__(self) -> None:
        self._left = 3

    def __await__(self) -> Steps:
        return self

    def __next__(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StopIteration("sent")


def test_an_awaitable_whose_iterator_has_next_alone_is_resumed() -> None:
    async def main() -> object:
        rest = start_at_most(5, Steps())  # type: ignore[arg-type]
        assert rest is not None
        with pytest.raises(TimeoutError):
            await wait_at_most(0.01, Endless())  # type: ignore[arg-type]
        return [await rest, await call_if_suspended(print, Steps()), await wait_at_most(5, Steps())]  # type: ignore[arg-type]

    assert asyncio.run(main()) == ["sent", "sent", "sent"]


class Endless(Steps):
    def __next__(self) -> None:
        """Suspend again and again."""


async def test_turns_of_asyncio_are_no_suspensions_as_often_as_is_said(anyio_backend_name: str) -> None:
    async def giving_turns(count: int) -> str:
        for _ in range(count):
            await yield_to_loop()
        return "done"

    guard = Guard()
    assert await call_if_suspended(guard.start, giving_turns(2), turns=2) == "done"
    assert guard.calls == (1 if anyio_backend_name == "trio" else 0)  # trio has no other suspensions
    assert await call_if_suspended(guard.start, giving_turns(3), turns=2) == "done"
    assert guard.calls == (2 if anyio_backend_name == "trio" else 1)


async def test_what_comes_during_a_turn_reaches_what_gave_it() -> None:
    caught: list[str] = []

    async def caring() -> None:
        try:
            while True:
                await yield_to_loop()
        finally:
            caught.append("cancelled")

    guard = Guard()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await call_if_suspended(guard.start, caring(), turns=1000)
    assert caught == ["cancelled"]
