"""The Cookie header."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from hypothesis import example, given, strategies as st

from armillary.datastructures import HTTPConnection, find_request_cookie, parse_cookies, parse_request_cookies


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("", {}),
        ("a=b; c=d", {"a": "b", "c": "d"}),
        ("a=b;c=d", {"a": "b", "c": "d"}),
        (" \t a \t=\t b ;;", {"a": "b"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ("a=1; a=2", {"a": "2"}),
        ('a="b c"', {"a": "b c"}),
        ('a="b;c"', {"a": '"b', "": 'c"'}),
        (r'a="\"\\\073\x\9"', {"a": '"\\;x9'}),
        (r'a="\\\\073"', {"a": "\\\\073"}),
        ('a="', {"a": '"'}),
        ('a=""', {"a": ""}),
        ("a=\xe9", {"a": "é"}),
    ],
)
def test_parsing(header: str, cookies: dict[str, str]) -> None:
    assert parse_cookies(header) == cookies


@pytest.mark.parametrize("header", ["=__Host-id=evil", "__Host-id", "= __Host-id=evil", ";=__Host-id=evil;"])
def test_a_cookie_without_a_name_never_passes_for_one_with_a_name(header: str) -> None:
    assert set(parse_cookies(header)) == {""}


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\x1c", "\x0b", "\u2000", "\n"])
def test_only_space_and_tab_are_trimmed_so_a_prefix_cannot_be_imitated(blank: str) -> None:
    assert "__Host-id" not in parse_cookies(f"{blank}__Host-id=evil; __Host-id{blank}=evil")


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_it_reads_back_what_the_standard_library_writes(value: str) -> None:
    written: SimpleCookie = SimpleCookie()
    written["name"] = value
    coded = written["name"].coded_value
    if ";" not in coded and coded == coded.strip(" \t"):
        assert parse_cookies(f"name={coded}") == {"name": value}


@given(st.text())
def test_no_header_raises(header: str) -> None:
    assert all(isinstance(name, str) for name in parse_cookies(header))


@pytest.mark.parametrize(
    ("head", "part", "tail"),
    [("", "a=b;", ""), ("", ";", ""), ("", "=", ""), ('a="', "\\", '"'), ('a="', "\\012", '"'), ('a="', '\\"', '"')],
)
def test_the_work_grows_with_the_length(
    head: str, part: str, tail: str, steps: Callable[[Callable[[], object]], int]
) -> None:
    short, long = (head + part * times + tail for times in (200, 3200))
    assert steps(lambda: parse_cookies(long)) <= 24 * steps(lambda: parse_cookies(short))


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("name=é; other=€".encode(), {"name": "é", "other": "€"}),
        ("né=1".encode(), {"né": "1"}),
        (b"old=\xe9; new=\xc3\xa9", {"old": "\xe9", "new": "é"}),
        (b"both=\xc3\xa9\xe9", {"both": "\xc3\xa9\xe9"}),
        (b'quoted="\xc3\xa9"', {"quoted": "é"}),
        (rb'escaped="\303\251"', {"escaped": "é"}),
        (b"surrogate=\xed\xa0\x80", {"surrogate": "\xed\xa0\x80"}),
        (b"overlong=\xc0\xaf", {"overlong": "\xc0\xaf"}),
        (b"a=b", {"a": "b"}),
    ],
)
def test_a_connection_reads_each_cookie_as_utf8_if_it_is(header: bytes, cookies: dict[str, str]) -> None:
    assert HTTPConnection({"type": "http", "headers": [(b"cookie", header)]}).cookies == cookies


@given(
    st.lists(
        st.sampled_from([*'=;" \t\\', "id", "theme", "\\303\\251", "\u00c3\u00a9", "\u00e9", "x"]), max_size=20
    ).map("".join)
)
@example('id="a\\303\\251"')
@example("id=1; id =2 ;id")
@example("\u00a0id=1")
def test_one_cookie_is_what_it_is_among_all(header: str) -> None:
    assert find_request_cookie(header.encode("latin-1"), b"id") == parse_request_cookies(header).get("id")


def test_looking_for_one_cookie_is_linear_in_the_header(steps: Callable[[Callable[[], object]], int]) -> None:
    short, long = (b"id=1; other=2;" * count for count in (200, 3200))
    assert steps(lambda: find_request_cookie(long, b"id")) <= 24 * steps(lambda: find_request_cookie(short, b"id"))
