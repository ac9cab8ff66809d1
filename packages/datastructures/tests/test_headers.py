"""Header fields: read from raw lists, changed in place, checked before they are sent."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import Headers, MutableHeaders, encode_header, encode_headers

RAW = [(b"a", b"1"), (b"a", b"2"), (b"b", b"\xe9")]


def test_reading() -> None:
    headers = Headers(raw=RAW)
    assert headers["A"] == headers.get("a") == "1"
    assert headers["b"] == "é"
    assert headers.getlist("a") == ["1", "2"]
    assert headers.keys() == list(headers) == ["a", "a", "b"]
    assert headers.values() == ["1", "2", "é"]
    assert headers.items() == [("a", "1"), ("a", "2"), ("b", "é")]
    assert len(headers) == 3
    assert {**headers} == {"a": "1", "b": "é"}
    assert isinstance(headers, Mapping)


def test_what_is_absent() -> None:
    headers = Headers(raw=RAW)
    with pytest.raises(KeyError, match="nope"):
        headers["nope"]
    assert headers.get("nope") is None
    assert headers.get("nope", "x") == "x"
    assert headers.getlist("nope") == []


@pytest.mark.parametrize("name", ["日本", "é", "a b", "", "a\r\n", 5, None, b"a"])
def test_a_name_that_no_header_can_have_is_absent(name: Any) -> None:
    headers = Headers(raw=RAW)
    assert name not in headers
    assert headers.get(name) is None


def test_a_list_is_used_as_it_is() -> None:
    raw = [(b"a", b"1")]
    scope = {"headers": raw}
    assert Headers(raw=raw).raw is raw
    assert Headers(scope=scope).raw is raw
    assert MutableHeaders(scope=scope).raw is raw
    headers = Headers(scope=scope)
    raw.append((b"late", b"2"))
    assert headers["late"] == "2"


@pytest.mark.parametrize("fields", [((b"a", b"1"),), [[b"a", b"1"]], {(b"a", b"1"): 0}.keys()])
def test_a_scope_whose_headers_are_another_iterable_is_read_and_left_alone(fields: Iterable[Any]) -> None:
    scope = {"headers": fields}
    assert Headers(scope=scope).get("a") == "1"
    assert scope["headers"] is fields


def test_a_spent_iterator_is_replaced_for_the_next_reader() -> None:
    scope = {"headers": iter([(b"a", b"1")])}
    assert Headers(scope=scope)["a"] == "1"
    assert Headers(scope=scope)["a"] == "1"


def test_changing_a_message_changes_its_headers_whatever_their_type() -> None:
    message: dict[str, Any] = {"headers": ((b"a", b"1"),)}
    MutableHeaders(scope=message)["b"] = "2"
    assert message["headers"] == [(b"a", b"1"), (b"b", b"2")]


def test_a_message_without_headers_has_none_and_can_be_given_some() -> None:
    message: dict[str, Any] = {"type": "http.response.start", "status": 200}
    assert Headers(scope=message).items() == []
    assert "headers" not in message
    MutableHeaders(scope=message).append("a", "1")
    assert message["headers"] == [(b"a", b"1")]


def test_more_than_one_source_is_rejected() -> None:
    sources: list[dict[str, Any]] = [{"headers": {}, "raw": []}, {"headers": {}, "scope": {}}, {"raw": [], "scope": {}}]
    for keys in sources:
        with pytest.raises(TypeError, match="give one of headers, raw and scope"):
            Headers(**keys)


def test_equal_whatever_the_order_of_names() -> None:
    assert Headers(raw=RAW) == Headers(raw=[RAW[2], RAW[0], RAW[1]])
    assert Headers({"a": "1"}) == MutableHeaders({"A": "1"})
    assert Headers({"a": "1"}) != {"a": "1"}
    with pytest.raises(TypeError):
        hash(Headers())


def test_repr() -> None:
    assert repr(Headers({"A": "1"})) == "Headers({'a': '1'})"
    assert repr(MutableHeaders(raw=RAW[:2])) == "MutableHeaders(raw=[(b'a', b'1'), (b'a', b'2')])"


def test_setting_replaces_every_line_in_the_place_of_the_first() -> None:
    raw = [(b"x", b"0"), (b"a", b"1"), (b"y", b"0"), (b"a", b"2"), (b"a", b"3")]
    headers = MutableHeaders(raw=raw)
    headers["A"] = "new"
    assert raw == [(b"x", b"0"), (b"a", b"new"), (b"y", b"0")]


def test_deleting_removes_every_line_and_never_raises() -> None:
    raw = RAW.copy()
    headers = MutableHeaders(raw=raw)
    del headers["A"]
    del headers["absent"]
    assert raw == [(b"b", b"\xe9")]


def test_setdefault_append_and_update() -> None:
    headers = MutableHeaders({"a": "1"})
    assert headers.setdefault("A", "2") == "1"
    assert headers.setdefault("b", "2") == "2"
    headers.append("a", "3")
    headers.update({"b": "4"})
    assert headers.items() == [("a", "1"), ("b", "2".replace("2", "4")), ("a", "3")]


def test_merging() -> None:
    headers = MutableHeaders({"a": "1"})
    merged = headers | {"A": "2", "b": "3"}
    assert (merged.items(), headers.items()) == ([("a", "2"), ("b", "3")], [("a", "1")])
    same = headers
    headers |= Headers({"c": "4"})
    assert headers is same
    assert headers.items() == [("a", "1"), ("c", "4")]
    with pytest.raises(TypeError):
        _ = headers | [("a", "1")]  # type: ignore[operator]
    with pytest.raises(TypeError):
        headers |= None  # type: ignore[arg-type]


def test_a_mutable_copy_is_apart() -> None:
    headers = Headers({"a": "1"})
    copied = headers.mutablecopy()
    copied["a"] = "2"
    assert headers["a"] == "1"
    assert copy.deepcopy(copied) == copied


@pytest.mark.parametrize(
    ("present", "added", "expected"),
    [
        ([], "Accept-Encoding", "Accept-Encoding"),
        (["Origin"], "Accept-Encoding", "Origin, Accept-Encoding"),
        (["Origin, Cookie"], "cookie, origin", "Origin, Cookie"),
        (["Origin", "Cookie"], "Accept", "Origin, Cookie, Accept"),
        (["Origin"], "*", "*"),
        (["*"], "Origin", "*"),
        ([], " , Origin ,", "Origin"),
    ],
)
def test_vary_names_each_field_once_on_one_line(present: list[str], added: str, expected: str) -> None:
    headers = MutableHeaders()
    for value in present:
        headers.append("Vary", value)
    headers.add_vary_header(added)
    assert headers.getlist("vary") == [expected]


WRITERS = [
    lambda name, value: Headers({name: value}),
    lambda name, value: MutableHeaders().__setitem__(name, value),
    lambda name, value: MutableHeaders().append(name, value),
    lambda name, value: MutableHeaders().setdefault(name, value),
    lambda name, value: MutableHeaders().update({name: value}),
    lambda name, value: MutableHeaders() | {name: value},
    lambda name, value: encode_header(name, value),
    lambda name, value: encode_headers({name: value}),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\nSet-Cookie: a=b", "\x1f", "\x7f"])
def test_control_characters_never_reach_a_header(write: Any, bad: str) -> None:
    with pytest.raises(ValueError, match="'X-Name'"):
        write("X-Name", f"a{bad}b")
    with pytest.raises(ValueError, match="invalid header name"):
        write(f"X{bad}Name", "a")


@pytest.mark.parametrize("write", WRITERS)
def test_what_cannot_be_sent_is_rejected_by_name(write: Any) -> None:
    with pytest.raises(ValueError, match=r"'X-Name' is not latin-1"):
        write("X-Name", "日")
    with pytest.raises(TypeError, match=r"'X-Name' must be str, not int"):
        write("X-Name", 5)
    with pytest.raises(TypeError, match="name must be str, not bytes"):
        write(b"X-Name", "a")
    for name in ("", "a b", "a:b", "é", "a\u212a"):
        with pytest.raises(ValueError, match="invalid header name"):
            write(name, "a")


def test_tab_and_latin_1_are_allowed() -> None:
    assert encode_header("X-Name", "a\tb é\xa0") == (b"x-name", b"a\tb \xe9\xa0")


def test_no_headers_give_a_new_list() -> None:
    assert encode_headers(None) == []
    assert encode_headers(None) is not encode_headers(None)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_accepted_is_one_line(name: str, value: str) -> None:
    try:
        encoded_name, encoded_value = encode_header(name, value)
    except ValueError:
        return
    assert encoded_name == name.lower().encode("ascii")
    assert not set(encoded_name + encoded_value) & set(b"\r\n\0")
    assert b":" not in encoded_name


def test_names_looked_up_by_a_client_do_not_fill_memory() -> None:
    from armillary.datastructures import _header_encoding

    headers = Headers(raw=RAW)
    for number in range(3000):
        headers.get(f"x-{number}")
    assert len(_header_encoding._NAMES) <= _header_encoding._MAX_NAMES
    assert Headers({"X-2999": "1"})["x-2999"] == "1"
