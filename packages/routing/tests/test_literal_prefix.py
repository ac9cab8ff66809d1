"""The text that a regex demands at the start, by which routes are passed over without running it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.routing import Match, Route
from armillary.routing._literal_prefix import literal_prefix


class Endpoint:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


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


LITERAL = st.text(alphabet="ab/.*+?$^|()[]\\-é ", max_size=6)


@given(LITERAL, LITERAL, st.text(alphabet="ab/.*+?$^|()[]\\-é ", max_size=12))
def test_a_route_matches_exactly_the_paths_of_its_regex(before: str, after: str, path: str) -> None:
    route = Route(f"/{before}{{key}}{after}", Endpoint())
    for tried in ("/" + path, "/" + before + path + after):
        scope = {"type": "http", "method": "GET", "path": tried, "headers": []}
        assert (route.matches(scope)[0] is Match.FULL) == (route.path_regex.match(tried) is not None)


def test_a_route_whose_regex_is_replaced_matches_by_the_new_one() -> None:
    route = Route("/old", Endpoint())
    scope = {"type": "http", "method": "GET", "path": "/new", "headers": []}
    assert route.matches(scope)[0] is Match.NONE
    route.path_regex = re.compile("^/new$")
    assert route.matches(scope)[0] is Match.FULL
