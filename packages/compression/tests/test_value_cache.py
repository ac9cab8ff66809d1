from __future__ import annotations

from armillary.compression._value_cache import MAX_SIZE, MAX_VALUES, ValueCache


def test_a_value_is_decided_once() -> None:
    asked: list[bytes] = []

    def decide(value: bytes) -> int:
        asked.append(value)
        return len(value)

    known = ValueCache(decide).__getitem__
    assert [known(b"gzip"), known(b"gzip"), known(b"br")] == [4, 4, 2]
    assert asked == [b"gzip", b"br"]


def test_ever_other_values_neither_pile_up_nor_keep_out_those_of_others() -> None:
    cache = ValueCache(len)
    for number in range(10 * MAX_VALUES):
        assert cache[b"x%d" % number] == len(b"x%d" % number)
        assert len(cache) <= MAX_VALUES
    assert cache[b"gzip"] == 4
    assert b"gzip" in cache


def test_a_long_value_is_decided_each_time() -> None:
    cache = ValueCache(len)
    assert cache[b"x" * (MAX_SIZE + 1)] == MAX_SIZE + 1
    assert not cache
