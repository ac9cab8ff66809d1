"""Which coding a client gets."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from armillary.compression import Preference, prefer

OFFERED = ["zstd", "br", "gzip"]


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("gzip ; q=0.5 , br ; q=0.4", "gzip"),
        ("*", "zstd"),
        ("*;q=0.1, gzip;q=0.2", "gzip"),
        ("*, zstd;q=0", "br"),
        ("identity", None),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("deflate", None),
        ("compress, *;q=0", None),
        ("gzip;q=abc", None),
        ("gzip;q=1.1", None),
        (",,, ;;q=1", None),
    ],
)
def test_the_coding_of_the_highest_weight_is_chosen(header: str, coding: str | None) -> None:
    assert prefer(header, OFFERED).coding == coding


@pytest.mark.parametrize("header", ["gzip;q=0", "gzip;q=0.000", "x-gzip-foo", "gzipped", "not-gzip", "*;q=0"])
def test_a_rejected_or_another_coding_is_not_taken_for_gzip(header: str) -> None:
    assert prefer(header, ["gzip"]) == Preference(None)


@pytest.mark.parametrize(
    ("header", "rejects"),
    [
        ("gzip", False),
        ("gzip, identity;q=0", True),
        ("gzip, *;q=0", True),
        ("gzip, identity;q=0.1, *;q=0", False),
        ("identity;q=0", False),
        ("*", False),
    ],
)
def test_a_client_may_reject_a_body_without_a_coding(header: str, rejects: bool) -> None:
    # If nothing that is offered is acceptable either, it gets one all the same.
    assert prefer(header, OFFERED).rejects_identity is rejects


names = st.sampled_from(["zstd", "br", "gzip", "x-gzip", "deflate", "identity", "*"])
weights = st.sampled_from([0, 0.001, 0.25, 0.5, 0.999, 1])


@given(
    st.lists(st.tuples(names, weights), unique_by=lambda pair: {"x-gzip": "gzip"}.get(pair[0], pair[0])),
    st.permutations(OFFERED).flatmap(lambda order: st.integers(1, 3).map(lambda count: order[:count])),
)
def test_no_acceptable_coding_is_better_than_the_one_chosen(
    members: list[tuple[str, float]], offered: list[str]
) -> None:
    header = ", ".join(f"{name};q={weight}" for name, weight in members)
    stated = {{"x-gzip": "gzip"}.get(name, name): weight for name, weight in members}

    def weight(name: str) -> float:
        return stated.get(name, stated.get("*", 0))

    coding = prefer(header, offered).coding
    if coding is None:
        assert all(weight(name) == 0 or stated.get("identity", 0) > weight(name) for name in offered)
    else:
        assert weight(coding) > 0
        assert weight(coding) >= stated.get("identity", 0)
        better = [name for name in offered if weight(name) > weight(coding)]
        equal_before = [name for name in offered[: offered.index(coding)] if weight(name) == weight(coding)]
        assert not better
        assert not equal_before


@given(st.text())
def test_any_header_can_be_parsed(header: str) -> None:
    assert prefer(header, OFFERED).coding in (None, *OFFERED)
