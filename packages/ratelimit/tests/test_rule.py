"""Which requests a rule is for, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.ratelimit import Rule
from armillary.ratelimit._rule import make_rules


@pytest.mark.parametrize(
    ("limit", "quota", "window"),
    [("100/minute", 100, 60), ("5 per 10 seconds", 5, 10), ("1/day", 1, 86400), ("7/2minutes", 7, 120)],
)
def test_a_limit_is_a_number_of_requests_in_a_time(limit: str, quota: int, window: int) -> None:
    rule = Rule(limit)
    assert (rule.quota, rule.window) == (quota, window)


@pytest.mark.parametrize(
    ("path", "requested", "matches"),
    [
        ("*", "/anything", True),
        ("/login", "/login", True),
        ("/login", "/login/", True),
        ("/login", "//login", True),
        ("/login", "/login//", True),
        ("/login/", "/login", True),
        ("/login", "/login/x", False),
        ("/api/*", "/api/x", True),
        ("/api/*", "/api/", True),
        ("/api/*", "/api", True),
        ("/api/*", "//api//x", True),
        ("/api/*", "/apix", False),
        ("/*", "/", True),
    ],
)
def test_no_slash_evades_a_path_or_what_is_below_it(path: str, requested: str, matches: bool) -> None:
    assert Rule("1/minute", path).matches("GET", requested) is matches


def test_a_path_may_be_the_template_of_a_route() -> None:
    rule = Rule("1/minute", "/users/{id}")
    assert rule.matches("GET", "/users/1", "/users/{id}")
    assert not rule.matches("GET", "/users/1", "/users/{id}/orders")
    assert not rule.matches("GET", "/users/1")


def test_methods_narrow_a_rule() -> None:
    rule = Rule("1/minute", methods=["POST", "PUT"])
    assert rule.matches("POST", "/")
    assert not rule.matches("GET", "/")


def test_methods_may_be_written_in_lower_case_as_those_of_a_route() -> None:
    rule = Rule("1/minute", methods=["post"])
    assert rule.matches("POST", "/")
    assert rule.label == "POST * 1/60s"


def test_a_head_request_is_counted_if_a_get_is() -> None:
    """It runs the same handler."""
    rule = Rule("1/minute", methods=["GET"])
    assert rule.matches("HEAD", "/")
    assert not Rule("1/minute", methods=["POST"]).matches("HEAD", "/")
    assert not Rule("1/minute", methods=["HEAD"]).matches("GET", "/")


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        ({"limit": "5/minute"}, "5/60s"),
        ({"limit": "5/minute", "path": "/login"}, "/login 5/60s"),
        ({"limit": "5/minute", "path": "/login", "methods": ["POST"]}, "POST /login 5/60s"),
        ({"limit": "5/minute", "name": "login"}, "login"),
    ],
)
def test_a_rule_is_called_by_its_name_or_by_what_it_limits(parameters: Any, label: str) -> None:
    assert Rule(**parameters).label == label


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"limit": "often"}, ValueError, "limit: 'often' is not understood; write '100/minute'"),
        ({"limit": ""}, ValueError, "is not understood"),
        ({"limit": "0/minute"}, ValueError, "lets nothing through"),
        ({"limit": "1/0 second"}, ValueError, "is for no time"),
        ({"limit": "5 per 00 minutes"}, ValueError, "is for no time"),
        ({"limit": "10/second; 1000/hour"}, ValueError, "holds several limits; write a Rule for each"),
        ({"limit": 5}, TypeError, "limit is text such as '100/minute'"),
        ({"limit": "1/minute", "path": None}, TypeError, "path is text"),
        ({"limit": "1/minute", "methods": []}, ValueError, "methods is empty"),
        ({"limit": "1/minute", "methods": [5]}, TypeError, "methods: 5 is not the name of a method"),
        ({"limit": "1/minute", "key": "ip"}, TypeError, "key is a function of the scope"),
        ({"limit": "1/minute", "name": 5}, TypeError, "name is text"),
        ({"limit": "1/minute", "path": "login"}, ValueError, "path: 'login' is not an absolute path"),
        ({"limit": "1/minute", "path": "/a*"}, ValueError, "path: '/a\\*' would match beyond"),
        ({"limit": "1/minute", "path": "/*/b"}, ValueError, "beyond a path segment"),
        ({"limit": "1/minute", "methods": "POST"}, TypeError, "methods is a list"),
        ({"limit": "1/minute", "methods": ["P OST"]}, ValueError, "'P OST' is not the name of a method"),
        ({"limit": "1/minute", "name": 'a"b'}, ValueError, "cannot be in a header"),
        ({"limit": "1/minute", "name": "a\r\nb: c"}, ValueError, "cannot be in a header"),
        ({"limit": "1/minute", "name": ""}, ValueError, "cannot be in a header"),
        ({"limit": "1/minute", "path": "/ü"}, ValueError, "cannot be in a header"),
    ],
)
def test_a_wrong_parameter_is_rejected_at_construction(parameters: Any, error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        Rule(**parameters)


def test_text_holds_the_limits_of_every_path() -> None:
    assert [rule.label for rule in make_rules("10/second; 1000/hour")] == ["10/1s", "1000/3600s"]


def test_two_rules_of_one_name_are_rejected() -> None:
    with pytest.raises(ValueError, match="two are called '5/60s'"):
        make_rules([Rule("5/minute"), Rule("5 per 60 seconds")])
    with pytest.raises(ValueError, match="rules is empty"):
        make_rules([])


@given(st.text())
def test_no_name_can_break_out_of_the_header(name: str) -> None:
    try:
        label = Rule("1/minute", name=name).label
    except ValueError:
        return
    assert label.isascii()
    assert label.isprintable()
    assert '"' not in label
