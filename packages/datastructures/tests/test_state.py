"""State, by attribute and by item."""

from __future__ import annotations

import copy
import pickle
import traceback

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


def test_what_the_state_holds_is_listed_only_if_the_error_is_shown() -> None:
    listed = []

    class Name(str):
        def __str__(self) -> str:
            listed.append(self)
            return "name"

    state = State({Name("name"): 1})
    assert getattr(state, "user", None) is None
    assert not hasattr(state, "user")
    with pytest.raises(AttributeError) as raised:
        _ = state.user
    assert (raised.value.name, raised.value.obj, listed) == ("user", state, [])
    raised.value.add_note("More.")
    assert traceback.format_exception_only(raised.value)[-3:] == [
        "armillary.datastructures._state.UnknownAttribute: 'State' object has no attribute 'user'\n",
        "It holds name; what the lifespan yields is there, if the lifespan runs, and what is set\n",
        "More.\n",
    ]
    with pytest.raises(AttributeError) as raised:
        _ = State().user
    assert "It holds nothing;" in raised.value.__notes__[0]
    with pytest.raises(AttributeError) as raised:
        _ = state.__nothing__
    assert raised.value.__notes__ == []


def test_the_error_for_what_is_absent_can_be_copied() -> None:
    with pytest.raises(AttributeError) as raised:
        _ = State({"a": 1}).x
    for copied in (copy.copy(raised.value), pickle.loads(pickle.dumps(raised.value))):  # noqa: S301
        assert str(copied) == "'State' object has no attribute 'x'"


def test_copies() -> None:
    state = State({"a": [1]})
    assert copy.deepcopy(state).a == [1]
    assert copy.copy(state).a is state.a
    assert pickle.loads(pickle.dumps(state)).a == [1]  # noqa: S301
    assert repr(state) == "State({'a': [1]})"
