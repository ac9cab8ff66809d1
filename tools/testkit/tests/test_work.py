from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from testkit import count_instructions, count_lines


def loop(turns: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(turns):
            pass

    return run


@pytest.mark.parametrize("count", [count_instructions, count_lines])
def test_the_count_is_that_of_the_work_and_the_same_each_time(count: Callable[..., int]) -> None:
    ten, hundred, thousand = (count(loop(turns)) for turns in (10, 100, 1000))
    assert (thousand - hundred) == 10 * (hundred - ten) > 0
    assert count(loop(100)) == hundred


def test_counting_leaves_another_tracer_in_place() -> None:
    def tracer(*_: object) -> None: ...

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        count_lines(loop(1))
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_a_call_without_python_code_cannot_be_counted() -> None:
    with pytest.raises(AssertionError, match="no Python code"):
        count_lines(dict)
