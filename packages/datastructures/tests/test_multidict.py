"""Mappings with repeated keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import ImmutableMultiDict, MultiDict, QueryParams

PAIRS = [("a", "1"), ("a", "2"), ("b", "3")]
ANY_PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)))


def test_reading_gives_the_last_value() -> None:
    fields = ImmutableMultiDict(PAIRS)
    assert (fields["a"], fields.get("a"), fields.get("x"), fields.get("x", "y")) == ("2", "2", None, "y")
    assert fields.getlist("a") == ["1", "2"]
    assert fields.getlist("x") == []
    assert list(fields) == list(fields.keys()) == ["a", "b"]
    assert list(fields.values()) == ["2", "3"]
    assert dict(fields) == dict(fields.items()) == {"a": "2", "b": "3"}
    assert fields.multi_items() == PAIRS
    assert len(fields) == 2
    assert "a" in fields
    assert "x" not in fields
    assert isinstance(fields, Mapping)
    with pytest.raises(KeyError):
        fields["x"]


def test_sources() -> None:
    assert ImmutableMultiDict({"a": 1}, b=2).multi_items() == [("a", 1), ("b", 2)]
    assert ImmutableMultiDict(iter([("a", 1)])).multi_items() == [("a", 1)]
    assert ImmutableMultiDict(ImmutableMultiDict(PAIRS)).multi_items() == PAIRS
    assert ImmutableMultiDict(value=1, self=2).multi_items() == [("value", 1), ("self", 2)]
    assert ImmutableMultiDict().multi_items() == ImmutableMultiDict(None).multi_items() == []


def test_what_is_handed_out_is_a_copy() -> None:
    fields = MultiDict(PAIRS)
    fields.multi_items().clear()
    MultiDict(fields).clear()
    assert fields.multi_items() == PAIRS


def test_equality_keeps_the_order_of_a_keys_values_only() -> None:
    assert ImmutableMultiDict(PAIRS) == MultiDict([PAIRS[2], *PAIRS[:2]])
    assert ImmutableMultiDict(PAIRS) != ImmutableMultiDict([PAIRS[1], PAIRS[0], PAIRS[2]])
    assert ImmutableMultiDict({"a": "1"}) != {"a": "1"}
    with pytest.raises(TypeError):
        hash(ImmutableMultiDict())


def test_equality_asks_nothing_of_the_values() -> None:
    values = [object(), {}, []]
    assert MultiDict([("a", value) for value in values]) == MultiDict([("a", value) for value in values])


def test_changing() -> None:
    fields = MultiDict(PAIRS)
    fields["a"] = "9"
    assert fields.multi_items() == [("b", "3"), ("a", "9")]
    fields.append("b", "4")
    assert fields["b"] == "4"
    del fields["b"]
    assert fields.multi_items() == [("a", "9")]
    with pytest.raises(KeyError):
        del fields["b"]


def test_pop_and_the_other_removals() -> None:
    fields = MultiDict(PAIRS)
    assert fields.pop("a") == "2"
    assert "a" not in fields
    assert fields.getlist("a") == []
    assert fields.pop("a") is None
    assert fields.pop("a", "x") == "x"
    fields = MultiDict(PAIRS)
    assert fields.poplist("a") == ["1", "2"]
    assert fields.popitem() == ("b", "3")
    with pytest.raises(KeyError):
        fields.popitem()


def test_setdefault_setlist_and_clear() -> None:
    fields = MultiDict(PAIRS)
    assert fields.setdefault("a", "x") == "2"
    assert fields.setdefault("c", "x") == "x"
    fields.setlist("a", iter(["7", "8"]))
    assert fields.getlist("a") == ["7", "8"]
    fields.setlist("a", [])
    assert "a" not in fields
    fields.clear()
    assert fields == MultiDict()


def test_update_replaces_the_keys_it_gives_with_all_their_values() -> None:
    fields = MultiDict(PAIRS)
    fields.update([("a", "8"), ("a", "9")], c="0")
    assert fields.multi_items() == [("b", "3"), ("a", "8"), ("a", "9"), ("c", "0")]
    fields.update(fields)
    assert len(fields.multi_items()) == 4


@given(ANY_PAIRS, ANY_PAIRS)
def test_the_last_values_and_the_pairs_never_disagree(
    first: list[tuple[str, int]], second: list[tuple[str, int]]
) -> None:
    fields = MultiDict(first)
    for key, value in second:
        (fields.append if value else fields.setdefault)(key, value)
        if value == 3:
            fields.pop(key)
    fields.update(second[:2])
    assert dict(fields) == dict(fields.multi_items())
    assert all(fields.getlist(key)[-1] == fields[key] for key in fields)


@pytest.mark.parametrize("copied", [copy, deepcopy])
def test_changing_a_copy_leaves_the_original_as_it_is(copied: Callable[[Any], Any]) -> None:
    class Own(MultiDict[str, str]):
        pass

    fields = Own(PAIRS)
    fields.note = "kept"  # type: ignore[attr-defined]
    other = copied(fields)
    other["new"] = "1"
    other.append("a", "4")
    del other["b"]
    assert (type(other), other.note) == (Own, "kept")
    assert fields.multi_items() == PAIRS
    assert dict(fields) == dict(PAIRS)


def test_repr_names_the_class() -> None:
    assert repr(MultiDict({"a": 1})) == "MultiDict([('a', 1)])"
    assert repr(QueryParams("a=1&a=%26")) == "QueryParams('a=1&a=%26')"
