"""`Session`: what counts as an access and what as a change."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.sessions import MemoryStore, ServerSession, ServerSessionMiddleware, Session, SessionMiddleware

READS: list[Callable[[Any], object]] = [
    lambda session: session["a"],
    lambda session: session.get("a"),
    lambda session: "a" in session,
    lambda session: len(session),
    lambda session: list(session),
    lambda session: session.keys(),
    lambda session: session.values(),
    lambda session: session.items(),
    lambda session: session == {},
    lambda session: session.copy(),
    lambda session: bool(session),
    lambda session: session.setdefault("a", 2),
    lambda session: session.pop("missing", None),
    lambda session: session != {},
    lambda session: list(reversed(session)),
    lambda session: repr(session),
    lambda session: f"{session}",
    lambda session: session | {"b": 2},
    lambda session: {"b": 2} | session,
    lambda session: {**session},
    lambda session: dict(session),
    lambda session: json.dumps(session),
    lambda session: copy.copy(session),
    lambda session: copy.deepcopy(session),
]

WRITES: list[Callable[[Any], object]] = [
    lambda session: session.__setitem__("b", 2),
    lambda session: session.__delitem__("a"),
    lambda session: session.clear(),
    lambda session: session.pop("a"),
    lambda session: session.popitem(),
    lambda session: session.setdefault("b", 2),
    lambda session: session.update(b=2),
    lambda session: session.__ior__({"b": 2}),
    lambda session: session.mark_modified(),
]


@pytest.mark.parametrize("read", READS)
def test_any_read_is_an_access_and_no_change(read: Callable[[Any], object]) -> None:
    session = Session(a=1)
    read(session)
    assert (session.accessed, session.modified) == (True, False)


@pytest.mark.parametrize("write", WRITES)
def test_any_write_is_a_change(write: Callable[[Any], object]) -> None:
    session = Session(a=1)
    write(session)
    assert (session.accessed, session.modified) == (True, True)


def test_a_new_session_is_neither_accessed_nor_modified() -> None:
    session = Session({"a": 1})
    assert (session.accessed, session.modified) == (False, False)
    session.pop("missing", None)
    assert not session.modified


def test_a_change_inside_a_value_of_a_server_session_is_found() -> None:
    session = ServerSession('{"cart": [1]}')
    session["cart"].append(2)
    assert not session.modified
    assert session.changed_inside


@pytest.mark.parametrize(
    ("change", "stored", "expected"),
    [
        (lambda s: s.update(b=2), '{"a": 1, "c": 3}', {"a": 1, "b": 2, "c": 3}),
        (lambda s: s.pop("a"), '{"a": 1, "c": 3}', {"c": 3}),
        (lambda s: s.update(a=9), '{"a": 5}', {"a": 9}),
        (lambda s: None, '{"a": 5}', {"a": 5}),
        (lambda s: s.clear(), '{"a": 1, "c": 3}', {"c": 3}),
    ],
)
def test_changes_are_merged_with_those_stored_meanwhile(change: Any, stored: str, expected: dict[str, int]) -> None:
    session = ServerSession('{"a": 1}')
    change(session)
    assert dict(ServerSession(session.merged_into(stored))) == expected


VALUES = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3) | st.lists(st.integers(0, 1), max_size=2))


@given(VALUES, VALUES, VALUES)
def test_the_last_change_of_each_key_is_kept_and_unchanged_keys_stay(
    before: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    session = ServerSession(json.dumps(before))
    for key in before.keys() - mine.keys():
        del session[key]
    session.update(mine)
    merged = dict(ServerSession(session.merged_into(json.dumps(theirs))))
    nothing = object()
    for key in {*before, *mine, *theirs}:
        was, wanted = before.get(key, nothing), mine.get(key, nothing)
        assert merged.get(key, nothing) == (theirs.get(key, nothing) if was == wanted else wanted)


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"bytes"])
def test_a_value_that_is_not_json_is_named(value: object) -> None:
    session = ServerSession()
    session["thing"] = value
    with pytest.raises(TypeError, match=r"session\['thing'\] cannot be stored as JSON"):
        session.merged_into("{}")


@pytest.mark.anyio
@pytest.mark.parametrize("store", [False, True])
async def test_the_session_of_an_outer_middleware_is_left_to_it(store: bool) -> None:
    inner: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        inner.append(scope["session"])

    outer = {"outer": True}
    scope: dict[str, Any] = {"type": "http", "headers": [], "scheme": "http", "session": outer}
    key = "a-secret-key-of-32-characters-..."
    middleware = ServerSessionMiddleware(app, MemoryStore()) if store else SessionMiddleware(app, key)
    await middleware(scope, None, None)  # type: ignore[arg-type]
    assert scope["session"] is outer
    assert inner[0] is not outer
