"""State, by attribute and by item."""

from __future__ import annotations

import copy
import pickle

import pytest

from armillary.datastructures import State


def test_attributes_and_items_are_the_same_values() -> None:
    kept: dict[str, object] = {"a": 1}
    state = State(kept)
    state.b = 2
    state["c"] = 3
    assert (state.a, state["b"], state.c) == (1, 2, 3)
    assert kept == {"a": 1, "b": 2, "c": 3}
    assert list(state) == ["a", "b", "c"]
    assert len(state) == 3
    assert "a" in state
    del state.a
    del state["b"]
    assert kept == {"c": 3}


def test_what_is_absent() -> None:
    state = State()
    with pytest.raises(AttributeError, match="'State' object has no attribute 'x'"):
        _ = state.x
    with pytest.raises(AttributeError, match="no attribute 'x'"):
        del state.x
    with pytest.raises(KeyError, match="object has no attribute 'x'"):  # as programs catch it
        del state.x
    with pytest.raises(KeyError):
        state["x"]
    with pytest.raises(KeyError):
        del state["x"]
    assert getattr(state, "x", 5) == 5


def test_copies() -> None:
    state = State({"a": [1]})
    assert copy.deepcopy(state).a == [1]
    assert copy.copy(state).a is state.a
    assert pickle.loads(pickle.dumps(state)).a == [1]  # noqa: S301
    assert repr(state) == "State({'a': [1]})"
