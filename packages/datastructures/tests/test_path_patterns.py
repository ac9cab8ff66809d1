"""`PathPatterns`: the one comparison of paths with rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.datastructures import PathPatterns


@pytest.mark.parametrize("path", ["/login", "/login/", "//login", "/login//", "///login///"])
def test_no_number_of_slashes_evades_a_limit(path: str) -> None:
    assert PathPatterns("path", ["/login"], liberal=True).matches(path)
    assert PathPatterns("path", ["/login/"], liberal=True).matches(path)


@given(st.lists(st.sampled_from(["/", "//", "///"]), min_size=3, max_size=3))
def test_a_limit_on_all_below_a_path_counts_every_spelling_of_it(slashes: list[str]) -> None:
    limit = PathPatterns("path", ["/api/*"], liberal=True)
    assert limit.matches(f"{slashes[0]}api{slashes[1]}users{slashes[2]}")
    assert limit.matches(f"{slashes[0]}api{slashes[1]}")
    assert not limit.matches(f"{slashes[0]}apis{slashes[1]}")


@pytest.mark.parametrize("path", ["/login", "/hooks/pay", "/hooks/a.b", "/hooks/.well-known"])
def test_an_exemption_takes_what_was_written(path: str) -> None:
    assert PathPatterns("exempt", ["/login", "/hooks/*"]).matches(path)


@pytest.mark.parametrize(
    "path",
    [
        "/login/",
        "//login",
        "/hooks",
        "/hooksx",
        "/hooks//pay",
        "/hooks/../pay",
        "/hooks/./pay",
        "/hooks/..",
        "/hooks/..\\pay",
    ],
)
def test_an_exemption_takes_nothing_that_others_may_read_otherwise(path: str) -> None:
    assert not PathPatterns("exempt", ["/login", "/hooks/*"]).matches(path)


@given(st.text())
def test_a_star_is_every_path_and_an_empty_list_is_none(path: str) -> None:
    assert PathPatterns("path", ["*"]).matches(path)
    assert PathPatterns("path", ["*"], liberal=True).matches(path)
    assert not PathPatterns("path", []).matches(path)
    assert not PathPatterns("path", [], liberal=True).matches(path)


def test_it_is_true_if_it_may_match_anything() -> None:
    assert PathPatterns("path", ["/*"])
    assert PathPatterns("path", ["*"])
    assert not PathPatterns("path", [])


@pytest.mark.parametrize(
    ("patterns", "error", "sentence"),
    [
        ("/login", TypeError, "write ['/login']"),
        ([1], TypeError, "got 1 in it"),
        (["login"], ValueError, "begin it with '/'"),
        (["/hook*"], ValueError, "beyond a path segment"),
        (["/*/a"], ValueError, "beyond a path segment"),
    ],
)
def test_a_wrong_pattern_names_its_parameter(patterns: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match="exempt") as info:
        PathPatterns("exempt", patterns)
    assert sentence in str(info.value)
