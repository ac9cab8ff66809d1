"""What is read from the text of a regex: the segments of the paths that it matches, and what they begin with."""

from __future__ import annotations

import gc
import re
import warnings
import weakref
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.routing import Match, Route, compile_path, template_regex
from armillary.routing._path_shape import Parameter, PathShape, closing_parenthesis, literal_prefix, path_shape


class Endpoint:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def test_the_shape_of_a_template_is_found_by_its_regex() -> None:
    x, y, z = Parameter("x", "[^/]+"), Parameter("y", "[0-9]+"), Parameter("z", ".*")
    shape = path_shape(compile_path("/a./{x}-{y:int}/{x2}/b{z:path}/c")[0])
    assert shape == PathShape(segments=((), ("a.",), (x, "-", y), (x._replace(name="x2"),)), tail=("b", z, "/c"))
    assert [segment.text for segment in shape.segments] == ["", "a.", None, None]
    assert [segment.regex for segment in shape.segments] == ["", r"a\.", r"(?:[^/]+)\-(?:[0-9]+)", "[^/]+"]


def test_the_shape_of_a_template_is_made_once_and_goes_with_it() -> None:
    regex = template_regex("/a/{x}")[0]
    assert path_shape(regex) is path_shape(regex)
    remaining = weakref.ref(regex)
    del regex
    gc.collect()
    assert remaining() is None


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "/a",
            "^/a$",
            r"/a\Z",
            r"^/a?\Z",
            r"^/[ab]\Z",
            r"^/\d\Z",
            r"^/a|/b\Z",
            r"^/(a)\Z",
            r"^/(?P<x>a)?\Z",
            r"^/a\\Z",
        ),
        *(r"(?i)^/a\Z", r"^/(?:a)\Z", r"^/.\Z", r"^/(?=a)\Z", r"^/\b\Z"),
    ],
)
def test_a_regex_of_another_form_has_no_shape(pattern: str) -> None:
    assert path_shape(re.compile(pattern)) is None


def test_flags_change_what_a_regex_matches_so_it_has_no_shape() -> None:
    assert path_shape(re.compile(r"^/a\Z", re.IGNORECASE)) is None


@given(st.lists(st.sampled_from(["(", ")", "[", "]", "\\", "^", "a", "(?:"]), max_size=8).map("".join))
def test_a_parenthesis_is_closed_where_the_regex_engine_says(inner: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[" may mean something else one day
            re.compile(f"({inner})")
            re.compile(inner)
    except re.error:
        return
    assert closing_parenthesis(f"({inner})b)", 0) == len(inner) + 2


def test_a_parenthesis_that_is_not_closed_is_reported() -> None:
    assert closing_parenthesis("(a[)](b)", 0) == 0


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        (r"^/items\.v1/(?P<key>[^/]+)$", "/items.v1/"),
        (r"/a", "/a"),
        (r"^/ab?$", "/a"),
        (r"^/ab*$", "/a"),
        (r"^/ab{0,1}$", "/a"),
        (r"^/ab+$", "/ab"),
        (r"^/a\.?$", "/a"),
        (r"^/\d+$", "/"),
        (r"^/a|/b$", ""),
        (r"(?i)^/a$", ""),
        (r"(?x)^/a b$", ""),
        (r"^$", ""),
        (r"", ""),
    ],
)
def test_the_prefix_is_what_every_match_begins_with(pattern: str, prefix: str) -> None:
    assert literal_prefix(re.compile(pattern)) == prefix


class LenientRoute(Route):
    """A route for which `*` and `?` are text, wherever they are."""

    lenient_paths = True


LITERAL = st.text(alphabet="ab/.*+?$^|()[]\\-é ", max_size=6)


@given(LITERAL, LITERAL, st.text(alphabet="ab/.*+?$^|()[]\\-é ", max_size=12))
def test_a_route_matches_exactly_the_paths_of_its_regex(before: str, after: str, path: str) -> None:
    route = LenientRoute(f"/{before}{{key}}{after}", Endpoint())
    for tried in ("/" + path, "/" + before + path + after):
        scope = {"type": "http", "method": "GET", "path": tried, "headers": []}
        assert (route.matches(scope)[0] is Match.FULL) == (route.path_regex.match(tried) is not None)


def test_a_route_whose_regex_is_replaced_matches_by_the_new_one() -> None:
    route = Route("/old", Endpoint())
    scope = {"type": "http", "method": "GET", "path": "/new", "headers": []}
    assert route.matches(scope)[0] is Match.NONE
    route.path_regex = re.compile("^/new$")
    assert route.matches(scope)[0] is Match.FULL
