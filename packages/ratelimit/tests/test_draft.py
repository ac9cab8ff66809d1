"""The header fields and the rejection, checked against revision 11 of the draft by an external parser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from http_sf import parse
from hypothesis import given, strategies as st

from armillary.ratelimit import Count, RateLimitMiddleware, Rule, rate_limit_fields

# What a String of RFC 9651 may hold, but for the two characters that would have to be escaped.
NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1)
LARGEST = 999_999_999_999_999


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def items_of(field: bytes | str) -> list[tuple[str, dict[str, Any]]]:
    """Return the names and parameters of a List of Items, as RFC 9651 reads it."""
    parsed: Any = parse(field.encode() if isinstance(field, str) else field, tltype="list")
    assert all(type(name) is str for name, _ in parsed)  # a String, and no Token
    return [(name, dict(parameters)) for name, parameters in parsed]


@given(
    st.lists(
        st.tuples(NAMES, st.integers(1, LARGEST), st.integers(1, 99), st.integers(0, LARGEST), st.floats(-1, 1e6)),
        min_size=1,
        max_size=4,
    )
)
def test_both_fields_are_lists_of_named_items_with_integer_parameters(rules: list[Any]) -> None:
    counts = [
        Count(Rule(f"{quota} per {window} seconds", name=name), True, left, reset)
        for name, quota, window, left, reset in rules
    ]
    fields = dict(rate_limit_fields(counts))
    assert items_of(fields[b"ratelimit-policy"]) == [
        (name, {"q": quota, "w": window}) for name, quota, window, *_ in rules
    ]
    limits = items_of(fields[b"ratelimit"])
    assert [(name, parameters["r"]) for name, parameters in limits] == [(rule[0], rule[3]) for rule in rules]
    for (_, parameters), rule in zip(limits, rules, strict=True):
        assert set(parameters) == {"r", "t"}  # section 4.1
        assert parameters["t"] >= 0
        assert parameters["t"] >= rule[4]  # a client that waits so long is not too early


def test_the_name_made_for_a_rule_can_be_read() -> None:
    rule = Rule("5/minute", "/a b;c,d=(e)/*", methods=["POST", "PATCH"])
    policy, limit = (value for _, value in rate_limit_fields([Count(rule, True, 4, 60)]))
    assert items_of(policy) == [(rule.label, {"q": 5, "w": 60})]
    assert items_of(limit) == [(rule.label, {"r": 4, "t": 60})]


def test_a_limit_larger_than_an_integer_of_a_header_is_rejected() -> None:
    assert Rule(f"{LARGEST}/day").quota == LARGEST
    with pytest.raises(ValueError, match=r"limit: '1000000000000000/day' .* at most 999999999999999"):
        Rule(f"{LARGEST + 1}/day")
    with pytest.raises(ValueError, match=r"limit: '1 per 1000000000000000 seconds' .* at most 999999999999999"):
        Rule(f"1 per {LARGEST + 1} seconds")


@pytest.mark.anyio
@pytest.mark.parametrize("strategy", ["fixed-window", "moving-window"])
async def test_a_rejection_is_the_problem_of_a_quota_that_is_exceeded(call: Any, strategy: Any) -> None:
    rules = [Rule("9/minute", name="all"), Rule("1 per 30 seconds", name="burst")]
    limited = RateLimitMiddleware(app, rules, strategy=strategy)
    assert (await call(limited)).status == 200
    rejected = await call(limited)
    assert rejected.status == 429
    assert rejected.headers["content-type"] == "application/problem+json"
    problem = json.loads(rejected.body)
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"  # section 5.1
    assert problem["violated-policies"] == ["burst"]
    assert [name for name, _ in items_of(rejected.headers["ratelimit-policy"])] == ["all", "burst"]
    burst = dict(items_of(rejected.headers["ratelimit"]))["burst"]
    assert burst["r"] == 0
    assert int(rejected.headers["retry-after"]) >= burst["t"] > 0  # section 6


@pytest.mark.anyio
async def test_fields_of_an_application_behind_another_limit_stay_one_list(call: Any) -> None:
    limited = RateLimitMiddleware(RateLimitMiddleware(app, Rule("5/hour", name="in")), Rule("9/hour", name="out"))
    response = await call(limited)
    assert items_of(response.headers["ratelimit"]) == [("in", {"r": 4, "t": 3600}), ("out", {"r": 8, "t": 3600})]
    assert items_of(response.headers["ratelimit-policy"]) == [("in", {"q": 5, "w": 3600}), ("out", {"q": 9, "w": 3600})]
