"""Values with their own grammar: media types, weights, entity tags, Forwarded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import testkit
from hypothesis import given, strategies as st

from armillary.datastructures import (
    ETag,
    ETags,
    Forwarded,
    forwarded_hops,
    parse_accept,
    parse_etag,
    parse_etags,
    parse_forwarded,
    parse_media_type,
)


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("", ("", {})),
        ("text/html", ("text/html", {})),
        ("Text/HTML ; Charset=UTF-8", ("text/html", {"charset": "UTF-8"})),
        ('multipart/form-data; boundary="a;b\\"c"', ("multipart/form-data", {"boundary": 'a;b"c'})),
        ("text/html; charset=a; charset=b", ("text/html", {"charset": "a"})),
        ("text/html;;a;=b;c=", ("text/html", {"c": ""})),
        ("text", ("", {})),
        ("text/", ("", {})),
        ("a/b/c", ("", {})),
        ("te xt/html; a=b", ("", {"a": "b"})),
        ('a/b; c="unclosed', ("a/b", {"c": '"unclosed'})),
    ],
)
def test_media_types(value: str, parsed: tuple[str, dict[str, str]]) -> None:
    assert parse_media_type(value) == parsed


@pytest.mark.parametrize(
    ("header", "members"),
    [
        ("", []),
        ("gzip", [("gzip", 1.0)]),
        ("GZIP;q=0", [("gzip", 0.0)]),
        ("gzip;q=0.5, br;Q=1.000 , *;q=0.001", [("br", 1.0), ("gzip", 0.5), ("*", 0.001)]),
        ("a;q=0.5, b;q=0.5, c;q=0.5", [("a", 0.5), ("b", 0.5), ("c", 0.5)]),
        ('text/html;level=1;q=0.4;ext="a,b", text/*', [("text/*", 1.0), ("text/html;level=1", 0.4)]),
        ("x-gzip-foo", [("x-gzip-foo", 1.0)]),
        (", ,;q=1, ;", []),
    ],
)
def test_weighted_lists(header: str, members: list[tuple[str, float]]) -> None:
    assert parse_accept(header) == members


@pytest.mark.parametrize("weight", ["", "2", "1.1", "0.1234", "-1", "1e0", ".5", "nan", "inf", "0.٣", "+1", "00"])
def test_a_member_with_a_malformed_weight_is_left_out(weight: str) -> None:
    assert parse_accept(f"gzip;q={weight}, br") == [("br", 1.0)]


def test_each_caller_gets_a_list_of_its_own() -> None:
    parse_accept("gzip, br").clear()
    assert len(parse_accept("gzip, br")) == 2


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", []),
        ('"a"', [ETag("a", False)]),
        ('W/"a" ,, "b"', [ETag("a", True), ETag("b", False)]),
        ('"a,b","\\"', [ETag("a,b", False), ETag("\\", False)]),
        ('"a", b, "c"', [ETag("a", False)]),
        ('"a"b, "c"', []),
        ('"a b"', []),
        ('w/"a"', []),
        ("a", []),
        ("W/", []),
        ('"', []),
        ('""', [ETag("", False)]),
    ],
)
def test_entity_tags(header: str, tags: list[ETag]) -> None:
    assert parse_etags(header) == ETags(tuple(tags), False)


def test_a_star_is_any_entity_tag() -> None:
    assert parse_etags(" * ").any
    assert not parse_etags('*, "a"').any
    assert parse_etags("*").matches_strongly('"x"')
    assert parse_etags("*").matches_weakly('W/"x"')


def test_comparison_of_entity_tags() -> None:
    """The table of RFC 9110 section 8.8.3.2."""
    for listed, etag, strong, weak in [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
    ]:
        assert parse_etags(listed).matches_strongly(etag) is strong
        assert parse_etags(listed).matches_weakly(etag) is weak


@pytest.mark.parametrize("text", ["", "*", "a", '"a", "b"', '"a"x', "W/a", '"', '"a', ',"a"'])
def test_what_is_no_single_entity_tag(text: str) -> None:
    assert parse_etag(text) is None
    assert not parse_etags('"a"').matches_weakly(text)


def test_an_entity_tag_is_written_as_it_is_read() -> None:
    assert str(parse_etag('W/"a"')) == 'W/"a"'
    assert str(parse_etag(' "a" ')) == '"a"'


def test_forwarded() -> None:
    header = 'For="[2001:db8::1]:4711"; proto=https;by=_gw;Host="a.example:80", for=unknown;ext="a,b;c"'
    assert parse_forwarded(header) == [
        Forwarded("[2001:db8::1]:4711", "_gw", "a.example:80", "https"),
        Forwarded("unknown", None, None, None),
    ]
    assert parse_forwarded("") == []
    assert parse_forwarded(r'for="_a\"\\"') == [Forwarded(r'_a"' + "\\")]


@pytest.mark.parametrize(
    "header",
    [
        "for",
        "for=",
        "=a",
        "for=a b",
        "for=[::1]",
        'for="a',
        'for="a"b',
        "for=a;for=b",
        "for=a;FOR=b",
        "fo r=a",
        'for="',
        'for="a"b"',
        'for="a\\"',
        'for="a, for="[::1]"',
        'for="a";host="b, for="[::1]"',
    ],
)
def test_a_malformed_forwarded_header_is_rejected(header: str) -> None:
    with pytest.raises(ValueError, match="malformed Forwarded header at"):
        parse_forwarded("for=ok, " + header)


@given(st.text(alphabet='ab"\\,;= W/*q.01', max_size=40))
def test_no_value_raises_anything_else(value: str) -> None:
    parse_media_type(value)
    assert all(0 <= q <= 1 for _, q in parse_accept(value))
    parse_etags(value)
    try:
        parse_forwarded(value)
    except ValueError as exc:
        assert "malformed Forwarded" in str(exc)  # noqa: PT017


@pytest.mark.parametrize("part", [",", ";", '"', "\\", '"a",', "a;q=0.1,", '"\\', 'W/"a",', "a=b;", "=", " "])
@pytest.mark.parametrize("parse", [parse_media_type, parse_accept, parse_etags, parse_forwarded])
def test_the_work_grows_with_the_length(
    parse: Callable[[str], object], part: str, steps: Callable[[Callable[[], object]], int]
) -> None:
    def work(times: int) -> Callable[[], object]:
        def call() -> None:
            try:
                parse("a=" + part * times)
            except ValueError:
                pass

        return call

    assert steps(work(4800)) <= 24 * steps(work(300))


def hops(*lines: str) -> list[str | None]:
    return [None if hop is None else hop.for_ for hop in forwarded_hops(lines)]


@pytest.mark.parametrize(
    "written", ["", "for", 'for="', 'for="a, b', '"', "\\", '\\"', 'for=a;for="', ",,", "for=1.1.1.1"]
)
@pytest.mark.parametrize("added", ["for=192.0.2.1", 'for="192.0.2.1"', 'for=192.0.2.1;host="a,b";by="c\\"d"'])
def test_what_a_client_wrote_does_not_change_how_a_proxys_element_is_read(written: str, added: str) -> None:
    assert hops(f"{written}, {added}")[0] == "192.0.2.1"
    assert hops(written, added)[0] == "192.0.2.1"


def test_elements_are_yielded_from_the_right_over_all_lines() -> None:
    assert hops('for="[2001:db8::1]:80", for=b', "for=c, for=d") == ["d", "c", "b", "[2001:db8::1]:80"]
    assert hops("for=a,, for=b,") == ["b", "a"]
    assert hops() == []


@given(st.lists(st.sampled_from(["for=a", 'for="b,c"', 'for="d\\"e";proto=https', "for=f;by=g"]), max_size=6))
def test_well_formed_elements_are_the_same_from_either_side(elements: list[str]) -> None:
    header = ", ".join(elements)
    assert list(forwarded_hops([header])) == parse_forwarded(header)[::-1]


def test_sixteen_times_the_quotes_are_no_more_than_24_times_the_work() -> None:
    def work(count: int) -> int:
        return testkit.count_lines(lambda: list(forwarded_hops(['for="\\"' * count, 'for="a",' * count])))

    assert work(1600) <= 24 * work(100)
