from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import MAX_LIST_SIZE, MutableHeaders, add_list_members, joined_lines, list_members

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=8).map(str.encode)


def test_lines_are_joined_in_their_order_whatever_the_case_of_their_names() -> None:
    headers = [(b"Accept-Encoding", b"gzip"), (b"accept-language", b"de"), (b"ACCEPT-ENCODING", b"br, zstd")]
    assert joined_lines(headers, b"accept-encoding") == b"gzip, br, zstd"


def test_a_header_that_is_absent_is_none() -> None:
    assert joined_lines([(b"host", b"x")], b"accept") is None


def test_one_line_is_returned_as_it_is() -> None:
    value = b"gzip ,br"
    assert joined_lines([(b"accept-encoding", value)], b"accept-encoding") is value


@pytest.mark.parametrize("lines", [[b"a" * (MAX_LIST_SIZE + 1)], [b"ab"] * MAX_LIST_SIZE])
def test_what_is_joined_is_capped(lines: list[bytes]) -> None:
    joined = joined_lines([(b"accept", line) for line in lines], b"accept")
    assert joined is not None
    assert len(joined) <= MAX_LIST_SIZE


class CountedLines:
    """Header lines that count how many are read, and how many bytes of values."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.read = 0

    def __iter__(self) -> Any:
        for _ in range(self.number):
            self.read += 1
            yield b"accept", b"text/html;q=0.5"


def test_no_more_lines_are_read_than_are_joined() -> None:
    lines = CountedLines(1_000_000)
    joined_lines(lines, b"accept")
    assert lines.read < MAX_LIST_SIZE / 10


@given(st.lists(TOKENS, max_size=6), st.lists(TOKENS, min_size=1, max_size=3))
def test_members_are_there_once_and_nothing_else_changes(present: list[bytes], added: list[bytes]) -> None:
    others = [(b"etag", b"1"), (b"set-cookie", b"a=b"), (b"set-cookie", b"c=d")]
    headers = [*others[:1], *((b"vary", member) for member in present), *others[1:]]
    changed = add_list_members(headers, b"vary", *added)
    assert [field for field in changed if field[0] != b"vary"] == others
    ((_, value),) = [field for field in changed if field[0] == b"vary"]
    members = list_members(value)
    assert len(members) == len(set(members))
    assert set(members) == {*present, *added}


def test_members_are_compared_without_case_and_keep_the_case_they_came_in() -> None:
    assert add_list_members([(b"Vary", b"ORIGIN")], b"vary", b"origin") == [(b"vary", b"ORIGIN")]


def test_a_star_stands_for_all_members() -> None:
    assert add_list_members([(b"vary", b"Origin, *")], b"vary", b"Cookie") == [(b"vary", b"*")]


def test_the_headers_given_are_not_changed() -> None:
    headers = [(b"vary", b"Origin")]
    add_list_members(headers, b"vary", b"Cookie")
    assert headers == [(b"vary", b"Origin")]


def test_vary_of_mutable_headers_is_merged_by_the_same_rule() -> None:
    headers = MutableHeaders(raw=[(b"vary", b"Origin"), (b"etag", b"1"), (b"vary", b"Cookie")])
    headers.add_vary_header("Accept, origin")
    assert headers.raw == [(b"vary", b"Origin, Cookie, Accept"), (b"etag", b"1")]


def test_vary_of_mutable_headers_rejects_what_would_end_its_line() -> None:
    with pytest.raises(ValueError):
        MutableHeaders().add_vary_header("Origin\r\nSet-Cookie: a=b")
