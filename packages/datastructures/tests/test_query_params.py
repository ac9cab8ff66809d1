"""Query strings."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import QueryParams, parse_query


@given(st.text(alphabet="ab=&+%2F6é1 ;#", max_size=30))
def test_it_reads_what_the_standard_library_reads(query: str) -> None:
    assert parse_query(query) == parse_qsl(query, keep_blank_values=True)


@given(st.lists(st.tuples(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text("ab é&=+%\n"))))
def test_what_is_written_is_read_back(pairs: list[tuple[str, str]]) -> None:
    params = QueryParams(pairs)
    assert str(params) == urlencode(pairs)
    assert QueryParams(str(params)).multi_items() == pairs
    assert QueryParams(str(params).encode()) == params


@given(st.binary(max_size=40))
def test_no_bytes_raise(query: bytes) -> None:
    assert isinstance(QueryParams(query).multi_items(), list)


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        (b"", []),
        (b"a", [("a", "")]),
        (b"=b", [("", "b")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"a=1;b=2", [("a", "1;b=2")]),
        (b"&&a=1&", [("a", "1")]),
        (b"a=%zz%", [("a", "%zz%")]),
        (b"a=%ff", [("a", "\ufffd")]),
        (b"a=\xff", [("a", "\ufffd")]),
        (b"a=\xc3\xa9", [("a", "é")]),
        (b"a+b=%2B", [("a b", "+")]),
    ],
)
def test_edge_cases(query: bytes, pairs: list[tuple[str, str]]) -> None:
    assert QueryParams(query).multi_items() == pairs


def test_sources_are_turned_into_text() -> None:
    assert QueryParams({"a": 1}, b=2).multi_items() == [("a", "1"), ("b", "2")]
    assert QueryParams(b"a=1", b="2").multi_items() == [("a", "1"), ("b", "2")]
    assert QueryParams([("a", 1), ("a", None)]).getlist("a") == ["1", "None"]
    assert QueryParams(QueryParams("a=1&a=2")).getlist("a") == ["1", "2"]
    assert QueryParams(None) == QueryParams() == QueryParams("")


@pytest.mark.parametrize("part", ["a=1&", "a%20=%41&", "&", "%", "+", "="])
def test_the_work_grows_with_the_length(part: str, steps: Callable[[Callable[[], object]], int]) -> None:
    short, long = part * 200, part * 3200
    assert steps(lambda: parse_query(long)) <= 24 * steps(lambda: parse_query(short))
