"""`MemoryStorage`: counts like limits' own, within a bound, and drops what has expired."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from limits import parse
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from armillary.ratelimit import MemoryStorage

LIMIT = parse("3 per 10 seconds")


class Clock:
    now = 1_000_000.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    for name in (
        "time.time",
        "armillary.ratelimit._memory_storage.time",
        "armillary.ratelimit._memory_storage.monotonic",
    ):
        monkeypatch.setattr(name, lambda: Clock.now)
    Clock.now = 1_000_000.0
    return Clock


steps = st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 8)), max_size=40)


@given(steps)
@settings(max_examples=100)
def test_a_fixed_window_begins_with_its_first_request(steps: list[tuple[str, float]]) -> None:
    limiter = FixedWindowRateLimiter(MemoryStorage())
    windows: dict[str, tuple[float, int]] = {}
    for key, pause in steps:
        Clock.now += pause
        ends, hits = windows.get(key, (0.0, 0))
        if ends <= Clock.now:
            ends, hits = Clock.now + 10, 0
        windows[key] = (ends, hits + 1)
        assert limiter.hit(LIMIT, key) is (hits < 3)
        stats = limiter.get_window_stats(LIMIT, key)
        assert stats.reset_time == pytest.approx(ends)
        assert max(0, stats.remaining) == max(0, 2 - hits)


@given(steps)
@settings(max_examples=100)
def test_a_moving_window_never_holds_more_than_the_limit(steps: list[tuple[str, float]]) -> None:
    limiter = MovingWindowRateLimiter(MemoryStorage())
    seen: dict[str, deque[float]] = {"a": deque(), "b": deque()}
    for key, pause in steps:
        Clock.now += pause
        entries = seen[key]
        while entries and entries[0] <= Clock.now - 10:
            entries.popleft()
        allowed = len(entries) < 3
        assert limiter.hit(LIMIT, key) is allowed
        if allowed:
            entries.append(Clock.now)
        assert limiter.get_window_stats(LIMIT, key).remaining == 3 - len(entries)


@pytest.mark.parametrize("strategy", [FixedWindowRateLimiter, MovingWindowRateLimiter])
@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_setting_the_systems_clock_neither_ends_nor_prolongs_a_window(
    strategy: Any, jump: float, clock: type[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = strategy(MemoryStorage())
    assert [limiter.hit(LIMIT, "a") for _ in range(4)] == [True, True, True, False]
    for name in ("time.time", "armillary.ratelimit._memory_storage.time"):
        monkeypatch.setattr(name, lambda: Clock.now + jump)
    assert not limiter.hit(LIMIT, "a")
    assert limiter.get_window_stats(LIMIT, "a").reset_time == pytest.approx(clock.now + jump + 10)
    clock.now += 10.1
    assert limiter.hit(LIMIT, "a")


@pytest.mark.parametrize("strategy", [FixedWindowRateLimiter, MovingWindowRateLimiter])
def test_counts_that_have_expired_are_dropped(strategy: Any, clock: type[Clock]) -> None:
    storage = MemoryStorage()
    limiter = strategy(storage)
    for client in range(5000):
        clock.now += 0.1
        limiter.hit(LIMIT, str(client))
        limiter.hit(LIMIT, "always")
    assert len(storage) < 130
    assert len(storage._queue) == len(storage)


@pytest.mark.parametrize("strategy", [FixedWindowRateLimiter, MovingWindowRateLimiter])
def test_no_more_counts_are_kept_than_allowed_and_those_that_end_first_go_first(
    strategy: Any, clock: type[Clock]
) -> None:
    storage = MemoryStorage(max_clients=50)
    limiter = strategy(storage)
    day = parse("1/day")
    limiter.hit(day, "long")
    for client in range(1000):
        limiter.hit(LIMIT, str(client))
        assert len(storage) <= 50
    assert not limiter.hit(day, "long")


def test_a_count_can_be_forgotten() -> None:
    storage = MemoryStorage()
    for strategy in (FixedWindowRateLimiter(storage), MovingWindowRateLimiter(storage)):
        one = parse("1/hour")
        assert strategy.hit(one, "a")
        assert not strategy.hit(one, "a")
        strategy.clear(one, "a")
        assert strategy.hit(one, "a")
        assert storage.reset() == 1
        assert strategy.hit(one, "a")
        storage.reset()
    assert storage.check()


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    limiter = FixedWindowRateLimiter(MemoryStorage())
    for _ in range(10):
        limiter.hit(LIMIT, "a")
    assert threading.active_count() == before


def test_a_bound_below_one_is_rejected() -> None:
    with pytest.raises(ValueError, match="max_clients"):
        MemoryStorage(max_clients=0)
